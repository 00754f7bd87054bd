/*
 * Children of a fake Ollama that look like the processes in which it holds its models. They end
 * with their parent.
 */
#ifndef TESTS_FAKE_RUNNER_H
#define TESTS_FAKE_RUNNER_H

/* So many from now on; the newest ones end first. `program` is the server's own path. */
void fake_runners_set(const char *program, unsigned count);
/* To be called first by main(): does not return in a child. */
void fake_runner_begin(int argc, char **argv);

#endif
