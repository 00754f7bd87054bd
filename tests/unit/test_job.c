/* What `launchctl print` prints, in the form of macOS 10.10 to 15, and how launchctl fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tuning/control/job.h"

static const char running[] = "gui/501/homebrew.mxcl.ollama = {\n"
                              "\tactive count = 1\n"
                              "\tpath = /Users/u/Library/LaunchAgents/homebrew.mxcl.ollama.plist\n"
                              "\ttype = LaunchAgent\n"
                              "\tstate = running\n"
                              "\n"
                              "\tprogram = /opt/homebrew/opt/ollama/bin/ollama\n"
                              "\targuments = {\n"
                              "\t\t/opt/homebrew/opt/ollama/bin/ollama\n"
                              "\t\tserve\n"
                              "\t\ta = b {\n"
                              "\t}\n"
                              "\n"
                              "\tworking directory = /opt/homebrew/var\n"
                              "\n"
                              "\tstdout path = /opt/homebrew/var/log/ollama.log\n"
                              "\tstderr path = /opt/homebrew/var/log/ollama.log\n"
                              "\tinherited environment = {\n"
                              "\t\tSSH_AUTH_SOCK => /var/run/listener\n"
                              "\t\tOLLAMA_NUM_PARALLEL => 2\n"
                              "\t}\n"
                              "\n"
                              "\tdefault environment = {\n"
                              "\t\tPATH => /usr/bin:/bin:/usr/sbin:/sbin\n"
                              "\t}\n"
                              "\n"
                              "\tenvironment = {\n"
                              "\t\tOSLogRateLimit => 64\n"
                              "\t\tOLLAMA_FLASH_ATTENTION => 1\n"
                              "\t\tOLLAMA_KV_CACHE_TYPE => q8_0\n"
                              "\t\tOLLAMA_ORIGINS => a => b = c\n"
                              "\t\tEMPTY => \n"
                              "\t\tXPC_SERVICE_NAME => homebrew.mxcl.ollama\n"
                              "\t}\n"
                              "\n"
                              "\tdomain = gui/501 [100057]\n"
                              "\tminimum runtime = 10\n"
                              "\truns = 103\n"
                              "\tpid = 17594\n"
                              "\timmediate reason = inefficient\n"
                              "\tlast terminating signal = Terminated: 15\n"
                              "\n"
                              "\tresource coalition = {\n"
                              "\t\tID = 9196\n"
                              "\t\ttype = resource\n"
                              "\t\tstate = active\n"
                              "\t\tpid = 1\n"
                              "\t}\n"
                              "\n"
                              "\tevent triggers = {\n"
                              "\t\tx => {\n"
                              "\t\t\tdescriptor = {\n"
                              "\t\t\t\t\"Minute\" => 0\n"
                              "\t\t\t}\n"
                              "\t\t}\n"
                              "\t}\n"
                              "\n"
                              "\tlast exit code = (never exited)\n"
                              "\tproperties = runatload | inferred program\n"
                              "}\n";

static void test_running(void **state)
{
    struct arena arena = {0};
    struct err err = ERR_INIT;
    struct job job;

    (void)state;
    assert_int_equal(job_read(running, strlen(running), &arena, &job, &err), 0);
    assert_string_equal(job.domain, "gui/501");
    assert_string_equal(job.label, "homebrew.mxcl.ollama");
    assert_string_equal(job.path, "/Users/u/Library/LaunchAgents/homebrew.mxcl.ollama.plist");
    assert_string_equal(job.type, "LaunchAgent");
    assert_string_equal(job.state, "running");
    assert_string_equal(job.program, "/opt/homebrew/opt/ollama/bin/ollama");
    assert_int_equal(job.argc, 3);
    assert_string_equal(job.argv[1], "serve");
    assert_string_equal(job.argv[2], "a = b {");
    assert_null(job.argv[3]);
    assert_string_equal(job.folder, "/opt/homebrew/var");
    assert_string_equal(job.out_path, "/opt/homebrew/var/log/ollama.log");
    assert_string_equal(job.error_path, "/opt/homebrew/var/log/ollama.log");
    assert_null(job.user);
    assert_int_equal(job.inherited.count, 2);
    assert_int_equal(job.defaults.count, 1);
    assert_int_equal(job.environment.count, 6);
    assert_string_equal(job_variable(&job, "OLLAMA_KV_CACHE_TYPE"), "q8_0");
    assert_string_equal(job_variable(&job, "OLLAMA_NUM_PARALLEL"), "2");
    assert_string_equal(job_variable(&job, "OLLAMA_ORIGINS"), "a => b = c");
    assert_string_equal(job_variable(&job, "EMPTY"), "");
    assert_string_equal(job_variable(&job, "PATH"), "/usr/bin:/bin:/usr/sbin:/sbin");
    assert_null(job_variable(&job, "OLLAMA"));
    assert_true(job.running);
    assert_int_equal(job.pid, 17594);
    assert_int_equal(job.runs, 103);
    assert_int_equal(job.exit_code, -1);
    assert_string_equal(job.ended_by, "Terminated: 15");
    arena_release(&arena);
}

/* Empty and missing blocks, blanks for tabs, the head without a domain, a code with its name. */
static void test_forms(void **state)
{
    static const char stopped[] = "dev.example = {\n"
                                  "    active count = 0\n"
                                  "    path = /Library/LaunchDaemons/dev.example.plist\n"
                                  "    state = not running\n"
                                  "    global environment = {\n"
                                  "        PATH => /usr/bin\n"
                                  "    }\n"
                                  "    environment = {\n"
                                  "    }\n"
                                  "    username = ollama\n"
                                  "    runs = 2\n"
                                  "    last exit code = 78: EX_CONFIG\n"
                                  "}\n"
                                  "other = {\n"
                                  "    pid = 4\n"
                                  "}\n";
    struct arena arena = {0};
    struct err err = ERR_INIT;
    struct job job;

    (void)state;
    assert_int_equal(job_read(stopped, strlen(stopped), &arena, &job, &err), 0);
    assert_null(job.domain);
    assert_string_equal(job.label, "dev.example");
    assert_string_equal(job.user, "ollama");
    assert_false(job.running);
    assert_int_equal(job.pid, 0);
    assert_int_equal(job.exit_code, 78);
    assert_int_equal(job.runs, 2);
    assert_int_equal(job.argc, 0);
    assert_null(job.argv);
    assert_int_equal(job.environment.count, 0);
    assert_string_equal(job_variable(&job, "PATH"), "/usr/bin");
    assert_null(job_variable(&job, "X"));
    arena_clear(&arena);

    /* Cut in the middle: what was read counts. */
    assert_int_equal(job_read(running, 260, &arena, &job, &err), 0);
    assert_string_equal(job.state, "running");
    arena_release(&arena);
}

static void test_none(void **state)
{
    static const char *const texts[] = {
        "",        "\n\n",
        "}\n",     " = {\n",
        "x = y\n", "Bad request.\nCould not find service \"x\" in domain for user gui: 501\n"};
    struct arena arena = {0};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct err err = ERR_INIT;
        struct job job;

        assert_int_equal(job_read(texts[i], strlen(texts[i]), &arena, &job, &err), -ERR_PARSE);
    }
    arena_release(&arena);
}

static void test_failures(void **state)
{
    static const struct {
        const char *text;
        int status;
        enum job_failure failure;
    } table[] = {
        {"Bootstrap failed: 5: Input/output error\nTry re-running the command as root for richer "
         "errors.\n",
         5, JOB_FAILURE_IO},
        {"Bootstrap failed: 37: Operation already in progress\n", 37, JOB_FAILURE_IN_PROGRESS},
        {"Boot-out failed: 36: Operation now in progress\n", 36, JOB_FAILURE_IN_PROGRESS},
        {"Boot-out failed: 3: No such process\n", 3, JOB_FAILURE_NOT_LOADED},
        {"Bootstrap failed: 125: Domain does not support specified action\n", 125,
         JOB_FAILURE_NO_DOMAIN},
        {"Bad request.\nCould not find domain for user gui: 501\n", 112, JOB_FAILURE_NO_DOMAIN},
        {"Bad request.\nCould not find service \"x\" in domain for user gui: 501\n", 113,
         JOB_FAILURE_NOT_LOADED},
        {"", 113, JOB_FAILURE_NOT_LOADED},
        {"x: Service cannot load in requested session\n", 134, JOB_FAILURE_SESSION},
        {"Boot-out failed: 150: Operation not permitted while System Integrity Protection is "
         "engaged\n",
         150, JOB_FAILURE_PROTECTED},
        {"Bootstrap failed: 119: Service is disabled\n", 119, JOB_FAILURE_DISABLED},
        {"Boot-out failed: 1: Operation not permitted\n", 1, JOB_FAILURE_DENIED},
        {"something new\n", 1, JOB_FAILURE_OTHER},
        {"Bootstrap failed: many: x\n", 99, JOB_FAILURE_OTHER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        const enum job_failure f = job_failure(table[i].text, strlen(table[i].text),
                                               table[i].status);

        assert_int_equal(f, table[i].failure);
        assert_true((job_failure_sentence(f) == NULL) == (f == JOB_FAILURE_OTHER));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_running),
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_failures),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
