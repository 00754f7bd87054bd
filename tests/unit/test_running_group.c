/* What a control group tells of the process in it: units and containers by the names they get. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "sampling/service/running_group.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
    const char *text, *install, *unit, *container;
} cases[] = {
    {"0::/system.slice/ollama.service\n", "systemd", "ollama.service", ""},
    {"0::/user.slice/user-1000.slice/user@1000.service/app.slice/comfy.service\n", "systemd",
     "comfy.service", ""},
    {"0::/system.slice/comfy@gpu0.service/worker\n", "systemd", "comfy@gpu0.service", ""},
    /* a terminal on a desktop, a login, a boot without systemd */
    {"0::/user.slice/user-1000.slice/user@1000.service/app.slice/vte-spawn-1.scope\n", "process",
     "", ""},
    {"0::/user.slice/user-1000.slice/session-3.scope\n", "process", "", ""},
    {"0::/\n", "process", "", ""},
    {"", "process", "", ""},
    {"0::/system.slice/docker-" ID ".scope\n", "container", "", ID},
    {"0::/docker/" ID "\n", "container", "", ID},
    {"0::/system.slice/docker-0123456789ab.scope\n", "container", "", "0123456789ab"},
    {"0::/machine.slice/libpod-" ID ".scope/container\n", "container", "", ID},
    {"0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" ID ".scope\n",
     "container", "", ID},
    {"0::/system.slice/ollama.service/libpod-payload-" ID "\n", "container", "ollama.service", ID},
    {"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope\n", "container", "", ID},
    {"0::/kubepods/besteffort/pod1/" ID "\n", "container", "", ID},
    {"0::/kubepods/besteffort/pod1\n", "container", "", ""},
    {"0::/lxc/web\n", "container", "", "web"},
    {"0::/lxc.payload.service", "container", "", "service"},
    {"0::/lxc.payload.a.service", "container", "", "a"},
    {"0::/systemd-nspawn@.service\n", "container", "", ".service"},
    {"0::/lxc.payload.web/system.slice/ollama.service\n", "container", "", "web"},
    {"0::/machine.slice/systemd-nspawn@web.service/payload/system.slice/ollama.service\n",
     "container", "", "web"},
    /* version 1, with and without its named hierarchy in front */
    {"12:cpu,cpuacct:/docker/" ID "\n1:name=systemd:/docker/" ID "\n", "container", "", ID},
    {"2:cpu:/\n1:name=systemd:/system.slice/ollama.service\n", "systemd", "ollama.service", ""},
    /* names that only look like one */
    {"0::/system.slice/docker.service\n", "systemd", "docker.service", ""},
    {"0::/system.slice/docker-compose.service\n", "systemd", "docker-compose.service", ""},
    {"0::/user.slice/app-docker-desktop.scope\n", "process", "", ""},
    {"0::/system.slice/docker-xyz.scope\n", "process", "", ""},
    {"0::/system.slice/.service\n", "process", "", ""},
    {"no colons\n0:\n::\n", "process", "", ""},
    {"0::/a\033[31m.service", "systemd", "a[31m.service", ""},
};

static void test_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct running_group g;
        running_parse_group(cases[i].text, strlen(cases[i].text), &g);
        assert_string_equal(running_group_install(&g), cases[i].install);
        assert_string_equal(g.unit, cases[i].unit);
        assert_string_equal(g.container, cases[i].container);
    }
}

/* A name that does not fit is cut, never written past its end. */
static void test_long(void **state)
{
    static char text[8192];
    struct running_group g;
    (void)state;
    memset(text, 'x', sizeof(text));
    static const char head[] = {'0', ':', ':', '/'};
    static const char tail[] = {'.', 's', 'e', 'r', 'v', 'i', 'c', 'e', '\n'};
    memcpy(text, head, sizeof(head));
    memcpy(text + 4000, tail, sizeof(tail));
    running_parse_group(text, 4009, &g);
    assert_int_equal(strlen(g.unit), sizeof(g.unit) - 1);
    assert_false(g.contained);
    running_parse_group(text, sizeof(text), &g); /* without a last line end */
    assert_int_equal(strlen(g.unit), sizeof(g.unit) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
