/* macOS has no switches of the kind that doctor_linux.c looks at. */
#include "cli/doctor.h"

void doctor_kernel(struct doctor *d, struct reader *reader)
{
    (void)reader;
    doctor_say(d, DOCTOR_INFO, "kernel", NULL,
               "processes of other users show their names only, unless tunetop runs as root");
}
