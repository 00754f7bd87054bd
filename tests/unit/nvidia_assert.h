/* What the tests of NVIDIA cards say of snapshots and readings. */
#ifndef TESTS_UNIT_NVIDIA_ASSERT_H
#define TESTS_UNIT_NVIDIA_ASSERT_H

#include "sampling/nvidia/nvidia.h"

void nvidia_assert_same(const struct nvidia_snapshot *a, const struct nvidia_snapshot *b);
void nvidia_assert_value(const struct reading *r, double wanted);
void nvidia_assert_missing(const struct reading *r, enum reading_state state, enum reason reason);

#endif
