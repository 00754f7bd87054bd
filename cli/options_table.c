/* The commands and the options, a row each: what options.h says comes from here. */
#include "cli/options_table.h"

#include "tui/theme.h"
#include "tui/ui.h"
#include "tuning/config/document.h"

static const char *const shell_names[] = {"bash", "zsh", "fish"};

const char *const *options_shells(size_t *count)
{
    *count = sizeof shell_names / sizeof *shell_names;
    return shell_names;
}

/* For completion: the shipped ones. What the user has is known when the command runs. */
static const char *const profile_operands[] = {"recommended", "ultra",    "high",
                                               "optimized",   "balanced", "conservative"};

static const char *const *choices_profile(size_t *count)
{
    *count = sizeof profile_operands / sizeof *profile_operands;
    return profile_operands;
}

const struct command_row options_commands[COMMAND_COUNT] = {
    [COMMAND_DASHBOARD] =
        {"", "the live dashboard of this machine",
         "Shows this machine and the AI services on it, live, until q is pressed. "
         "Press ? there for the keys.",
         NULL, NULL},
    [COMMAND_STATUS] =
        {"status", "one reading of the machine and its services",
         "Takes two samples a short gap apart, so that rates are known, prints them and ends. "
         "It returns within the gap and one second, whatever hangs: what has not answered is "
         "shown as - (null in JSON), and such a service as busy.",
         NULL, NULL},
    [COMMAND_STREAM] =
        {"stream", "one JSON object a line, again and again",
         "Prints what status --json prints, one object a line, until the reader of the pipe "
         "goes away or the wanted number of lines is reached.",
         NULL, NULL},
    [COMMAND_RECORD] =
        {"record", "record what is read, for a bug report or a test",
         "Writes everything that is read of this machine and its services into the new folder DIR, "
         "until Ctrl-C or N samples; --replay DIR plays it again, anywhere, --replay last here. "
         "Names of users and hosts, home folders, prompts, secrets and addresses are left out or "
         "replaced.",
         "DIR", NULL},
    [COMMAND_SERVICES] =
        {"services", "the AI services of this machine, in full",
         "Prints what is known of every service that was found or that tunetop.yaml names: its "
         "state and the reason of it, its address, version, process, how it was started, the files "
         "that its settings stand in, who restarts it or why nobody does, its command line with "
         "secrets masked, its queue and its models. Where there is none it says what was looked "
         "for.",
         NULL, NULL},
    [COMMAND_PROFILES] =
        {"profiles", "what would be set on this machine, and why",
         "Lists the profiles and overlays, shipped and the user's own, and says which profile fits "
         "this machine. With NAME it shows one in full, service by service: what would be written "
         "and as what in the installed version, what is clamped to what this machine can give, what "
         "is only kept in step where a file has it, and what is not written and why. NAME may be "
         "recommended, and may carry overlays: high+quality. Nothing is changed. With --chip and "
         "--memory it answers for another machine.",
         "[NAME]", choices_profile},
    [COMMAND_SETTINGS] =
        {"settings", "what every known setting really does; files judged by that",
         "Lists every setting of Ollama, ComfyUI, PyTorch, LM Studio, containers and the system that "
         "tunetop knows, real or not, by its verdict: honoured, ignored, renamed, harmful or "
         "unknown, on this system and with the newest versions. With NAME it explains one: why, what "
         "to use instead, which values it takes, what a change costs, how the running process shows "
         "it, and what holds elsewhere or in other versions. NAME=VALUE judges the value too. A name "
         "that begins with dashes is given without them. tunetop-settings(7) has all of it. With "
         "--installed it runs the programs of the Ollama and ComfyUI servers that it finds here to "
         "print their lists of settings, and says what the catalog does not know, what is gone, "
         "what may have been renamed, and what is listed without effect. With --lint it judges "
         "FILEs: compose files, environment files, shell profiles and scripts, systemd units and "
         "drop-ins, property lists, JSON and YAML. It names each setting that is ignored, renamed or "
         "harmful there, with its line, the reason and what to write instead; the status is 5 when "
         "there is one.",
         "[NAME] | --lint FILE...", NULL},
    [COMMAND_PLAN] =
        {"plan", "what a profile would change in files",
         "Shows what PROFILE would change in the files of the services that run here, as far as they "
         "are found, and of those that tunetop.yaml names: the diff of each file, then every change in "
         "words with its reason, what is not written and why, what cannot be written surely, with the "
         "lines to write by hand, and each step of an apply with its command. PROFILE is a name, "
         "recommended, or carries overlays: high+quality. Values that say the same in other words "
         "stay. Nothing is changed.",
         "PROFILE", choices_profile},
    [COMMAND_APPLY] =
        {"apply", "change files as a profile wants it, restart the services, prove it",
         "Makes the plan of PROFILE, shows it, asks once, and writes the files: each is wholly old or "
         "wholly new at every instant. Then it restarts the services that read them, waits until they "
         "are well, loads again what was loaded, and compares each value with what the running process "
         "has. When a restart fails, a service is not well, or a value differs, its files are put back "
         "and it runs with them as before. Services that share a file are changed together or not at "
         "all. Everything is in the journal, and undo takes it back byte for byte. With --no-restart "
         "only files are changed.",
         "PROFILE", choices_profile},
    [COMMAND_VERIFY] =
        {"verify", "whether files and running processes have what a profile wants",
         "Compares what PROFILE wants here (the recommended one without a name) with what the files "
         "of the services have and what their running processes have, a line a setting, with the "
         "proof. The status is 5 when one differs or waits for a restart. What cannot be proven is "
         "unknown, with the reason, and is no difference.",
         "[PROFILE]", choices_profile},
    [COMMAND_UNDO] =
        {"undo", "take back what apply changed, byte for byte",
         "Puts the files of an apply back as they were: the newest that stands, or that of ID in the "
         "journal; and restarts the services that it restarted, so that they run as before. It asks "
         "once. When somebody changed one of them since, nothing is put back, and the difference is "
         "shown.",
         "[ID]", NULL},
    [COMMAND_JOURNAL] =
        {"journal", "what was changed, and what became of it",
         "Lists every apply and undo, newest first: when, which profile, which files and services, "
         "and whether it stands; root's as well where there are any. With ID one of them in full: "
         "what changed in each service, what its files are now, the diff, and the command that takes "
         "it back or ends it.",
         "[ID]", NULL},
    [COMMAND_RECOVER] =
        {"recover", "end an apply or undo that was cut off",
         "After a kill or a power cut every file is wholly old or wholly new. recover brings them to "
         "one state: when all of them are new and the services run with them the apply counts, else "
         "every file is put back, and the services run as before. It asks once. A file that was "
         "changed since is kept after a second question; the status is 4 while a person has to "
         "decide. A service that nobody can restart any more keeps it from its end: with "
         "--no-restart the files are put back, and no service is touched.",
         NULL, NULL},
    [COMMAND_DETECT] =
        {"detect", "which machine this is, and which profile fits it",
         "Says which profile fits this machine, how much memory and CPU a container on it should "
         "be given, and why: by the row of a chip table where the chip has one, else by rule. Also "
         "the largest images, how to part the memory, how many threads to use, and which of the "
         "models that an Ollama here has installed fit at its settings. With --chip and --memory "
         "it answers for another machine.",
         NULL, NULL},
    [COMMAND_DOCTOR] =
        {"doctor", "what can be read here, what cannot, and what would change that",
         "Looks at the sources of measurements, the terminal, the libraries, the services, the "
         "permissions and the files of tunetop. A line each: ok, info, warn or fail, what it is "
         "about, a sentence, and the command that would change it. It changes nothing itself. "
         "The status is 0 whatever it finds, unless tunetop.yaml is wrong or it could not look.",
         NULL, NULL},
    [COMMAND_COMPLETION] =
        {"completion", "the completion script of a shell",
         "Prints the script that completes commands, options and their values. bash: source "
         "<(tunetop completion bash). zsh: tunetop completion zsh >~/.zfunc/_tunetop, in a folder "
         "of fpath. fish: tunetop completion fish | source. An installed tunetop has them in "
         "place.",
         "SHELL", options_shells},
    [COMMAND_HELP] = {"help", "this help, or that of one command", "Prints the help of COMMAND.",
                      "COMMAND", options_command_names},
};

const char *const *options_command_names(size_t *count)
{
    static const char *names[COMMAND_COUNT - 1];
    for (int c = COMMAND_DASHBOARD + 1; c < COMMAND_COUNT; c++) {
        names[c - 1] = options_commands[c].name;
    }
    *count = COMMAND_COUNT - 1;
    return names;
}

static const char *const dialect_names[] = {"own", "guide"};

static const char *const queue_names[] = {"refuse", "drain"}; /* as enum queue_policy */
static const char *const *choices_queue(size_t *count)
{
    *count = sizeof queue_names / sizeof *queue_names;
    return queue_names;
}

const char *const options_from_words[] = {[FROM_CLI] = "cli", [FROM_SCREEN] = "screen"};
static const char *const *choices_from(size_t *count)
{
    *count = sizeof options_from_words / sizeof *options_from_words;
    return options_from_words;
}

static const char *const *choices_dialect(size_t *count)
{
    *count = sizeof dialect_names / sizeof *dialect_names;
    return dialect_names;
}

static const char *const color_names[] = {"auto", "always", "never"};

static const char *const *choices_color(size_t *count)
{
    *count = sizeof color_names / sizeof *color_names;
    return color_names;
}

static const char *const *choices_kind(size_t *count)
{
    *count = DOCUMENT_KIND_COUNT;
    return document_kind_words;
}

static const char *const *choices_view(size_t *count)
{
    *count = UI_TABS;
    return ui_tab_names;
}

#define AT(field) offsetof(struct options, field)
#define DASHBOARD COMMAND_BIT(COMMAND_DASHBOARD)
#define STATUS COMMAND_BIT(COMMAND_STATUS)
#define STREAM COMMAND_BIT(COMMAND_STREAM)
#define RECORD COMMAND_BIT(COMMAND_RECORD)
#define SERVICES COMMAND_BIT(COMMAND_SERVICES)
#define PROFILES COMMAND_BIT(COMMAND_PROFILES)
#define SETTINGS COMMAND_BIT(COMMAND_SETTINGS)
#define PLAN COMMAND_BIT(COMMAND_PLAN)
#define APPLY COMMAND_BIT(COMMAND_APPLY)
#define VERIFY COMMAND_BIT(COMMAND_VERIFY)
#define UNDO COMMAND_BIT(COMMAND_UNDO)
#define JOURNAL COMMAND_BIT(COMMAND_JOURNAL)
#define RECOVER COMMAND_BIT(COMMAND_RECOVER)
#define DETECT COMMAND_BIT(COMMAND_DETECT)
#define DOCTOR COMMAND_BIT(COMMAND_DOCTOR)
const struct option_row options_rows[] = {
    {"json", 0,
     STATUS | SERVICES | PROFILES | SETTINGS | PLAN | APPLY | VERIFY | UNDO | JOURNAL | RECOVER |
         DETECT | DOCTOR,
     OPTION_FLAG, NULL, AT(json), 0, 0, NULL, "print one JSON object"},
    {"format", 0, STATUS, OPTION_TEXT, "TEMPLATE", AT(format), 0, 0, NULL,
     "print TEMPLATE with its {fields} filled in, for status lines"},
    {"gap", 0, STATUS, OPTION_NUMBER, "S", AT(gap_s), 0.05, 60, NULL,
     "seconds between the two samples that rates come from (0.2)"},
    {"service", 's', PLAN | APPLY | VERIFY, OPTION_LIST, "SERVICE", AT(services), 0, 0, NULL,
     "only this service, by name or kind; system: the machine; may be given again"},
    {"set", 0, PLAN | APPLY | VERIFY, OPTION_LIST, "SETTING=VALUE", AT(sets), 0, 0, NULL,
     "with this value, instead of the profile's or beside it; SERVICE.SETTING says of which; may be "
     "given again"},
    {"drift", 0, VERIFY, OPTION_FLAG, NULL, AT(drift), 0, 0, NULL,
     "only settings whose process has another value than its file"},
    {"without", 0, PLAN | APPLY | VERIFY, OPTION_LIST, "NAME", AT(withouts), 0, 0, NULL,
     "leave out this service, SERVICE.SETTING or SETTING; may be given again"},
    {"dialect", 0, PLAN | APPLY | VERIFY, OPTION_CHOICE, "NAMES", AT(dialect), 0, 0,
     choices_dialect, "guide: write the names of the guides even where nobody reads them"},
    {"yes", 'y', APPLY | UNDO | RECOVER, OPTION_FLAG, NULL, AT(yes), 0, 0, NULL,
     "answer every question with yes"},
    {"no-restart", 0, PLAN | APPLY | UNDO | RECOVER, OPTION_FLAG, NULL, AT(no_restart), 0, 0, NULL,
     "change files only; the services take it when somebody restarts them"},
    {"no-warm", 0, PLAN | APPLY | UNDO, OPTION_FLAG, NULL, AT(no_warm), 0, 0, NULL,
     "do not load again what was loaded before a restart"},
    {"strict", 0, APPLY, OPTION_FLAG, NULL, AT(strict), 0, 0, NULL,
     "put back a service also when a value of its process cannot be read"},
    {"include-pending", 0, APPLY | UNDO, OPTION_FLAG, NULL, AT(include_pending), 0, 0, NULL,
     "allow that a restart also brings what somebody edited before"},
    {"queue", 0, APPLY | UNDO, OPTION_CHOICE, "WAY", AT(queue), 0, 0, choices_queue,
     "of a ComfyUI that works: refuse (the default), or drain: wait until it is done"},
    {"drain-timeout", 0, APPLY | UNDO, OPTION_WHOLE, "S", AT(drain_timeout_s), 1, 86400, NULL,
     "how long --queue drain waits (1800 seconds without it)"},
    {"all-or-nothing", 0, APPLY, OPTION_FLAG, NULL, AT(all_or_nothing), 0, 0, NULL,
     "when one service fails put all of them back"},
    {"progress-fd", 0, APPLY | UNDO | RECOVER, OPTION_WHOLE, "N", AT(progress_fd), 1, 1023, NULL,
     "write a line of JSON to descriptor N before and after each step"},
    {"from", 0, APPLY | UNDO, OPTION_CHOICE, "WHO", AT(from), 0, 0, choices_from,
     "who asks, for the journal: cli (the default) or screen, as the dashboard says"},
    {"plan-hash", 0, APPLY, OPTION_TEXT, "HASH", AT(plan_hash), 0, 0, NULL,
     "only when the plan made now is that plan (or begins so)"},
    {"installed", 0, SETTINGS, OPTION_FLAG, NULL, AT(installed), 0, 0, NULL,
     "compare what the installed servers list with what is known"},
    {"lint", 0, SETTINGS, OPTION_FLAG, NULL, AT(lint), 0, 0, NULL,
     "judge the settings in FILEs; status 5 when one is ignored, renamed or harmful"},
    {"kind", 0, SETTINGS, OPTION_CHOICE, "KIND", AT(kind), 0, 0, choices_kind,
     "with --lint: what the files are, where name and content do not tell"},
    {"version-of", 0, SETTINGS, OPTION_TEXT, "LIST", AT(version_of), 0, 0, NULL,
     "with --lint: versions to judge by, as ollama=0.24.0,comfyui=0.3.64"},
    {"env", 0, DETECT, OPTION_FLAG, NULL, AT(env), 0, 0, NULL,
     "print four lines for a shell's eval"},
    {"chip", 0, DETECT | PROFILES, OPTION_TEXT, "NAME", AT(chip), 0, 0, NULL,
     "answer for a machine with this chip, as \"M4 Pro\"; needs --memory"},
    {"memory", 0, DETECT | PROFILES, OPTION_TEXT, "GB", AT(memory), 0, 0, NULL,
     "its memory, with --chip"},
    {"gpu-cores", 0, DETECT | PROFILES, OPTION_WHOLE, "N", AT(gpu_cores), 1, 1024, NULL,
     "how many cores its GPU has, with --chip"},
    {"vram", 0, DETECT | PROFILES, OPTION_TEXT, "GB", AT(vram), 0, 0, NULL,
     "the memory of its graphics card, with --chip"},
    {"count", 'n', STREAM | RECORD, OPTION_WHOLE, "N", AT(count), 1, 1e15, NULL,
     "end after N lines or samples"},
    {"interval", 'i', DASHBOARD | STREAM | RECORD, OPTION_NUMBER, "S", AT(interval_s), 0.2, 60,
     NULL, "seconds between samples, 0.2 to 60 (1, or as in tunetop.yaml)"},
    {"theme", 0, DASHBOARD, OPTION_TEXT, "THEME", AT(theme), 0, 0, theme_names,
     "colours of the dashboard"},
    {"view", 0, DASHBOARD, OPTION_CHOICE, "VIEW", AT(view), 0, 0, choices_view,
     "what to show first"},
    {"script", 0, DASHBOARD, OPTION_TEXT, "FILE", AT(script), 0, 0, NULL,
     "take keys and save-screen lines from FILE instead of a terminal"},
    {"config", 0, COMMAND_ALL, OPTION_TEXT, "FILE", AT(config), 0, 0, NULL,
     "read FILE instead of ~/.config/tunetop/tunetop.yaml"},
    {"sysroot", 0, COMMAND_ALL, OPTION_TEXT, "DIR", AT(sysroot), 0, 0, NULL,
     "read /proc and /sys below DIR; services are asked only when --config names them"},
    {"replay", 0, COMMAND_ALL, OPTION_TEXT, "DIR|last", AT(replay), 0, 0, NULL,
     "read the recording in DIR (or its meta.json), or the last one that was made, instead of this "
     "machine"},
    {"at", 0, COMMAND_ALL, OPTION_TEXT, "TIME", AT(at), 0, 0, NULL,
     "with --replay: the time to show, or to begin at; RFC 3339 or +SECONDS"},
    {"speed", 0, COMMAND_ALL, OPTION_NUMBER, "N", AT(speed), 0.1, 100000, NULL,
     "with --replay: play N times as fast as it was recorded (1; stream: as fast as it can)"},
    {"color", 0, COMMAND_ALL, OPTION_CHOICE, "WHEN", AT(color), 0, 0, choices_color, "use colours"},
    {"ascii", 0, COMMAND_ALL, OPTION_FLAG, NULL, AT(ascii), 0, 0, NULL,
     "draw with ASCII characters only"},
    {"verbose", 'v', COMMAND_ALL, OPTION_COUNT_, NULL, AT(verbose), 0, 0, NULL,
     "say on standard error what is done; twice: in detail"},
    {"help", 'h', COMMAND_ALL, OPTION_FLAG, NULL, AT(help), 0, 0, NULL, "print this help and end"},
    {"version", 0, COMMAND_ALL, OPTION_FLAG, NULL, AT(version), 0, 0, NULL,
     "print the version and end"},
};
const size_t options_row_count = sizeof options_rows / sizeof *options_rows;
_Static_assert(sizeof options_rows / sizeof *options_rows <= OPTIONS_ROWS_MAX,
               "the parser has room for all of them");
