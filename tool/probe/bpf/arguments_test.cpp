// SPDX-License-Identifier: GPL-2.0-only
#include "probe/bpf/arguments.h"

#include <bpf/btf.h>
#include <gtest/gtest.h>

#include <memory>

namespace blkhang {
namespace {

class Tracepoint : public testing::Test {
protected:
    Tracepoint() {
        integer_ = btf__add_int(kernel_.get(), "int", 4, BTF_INT_SIGNED);
        gfp_ = btf__add_typedef(kernel_.get(), "gfp_t", integer_);
    }
    void add(const char* name, std::initializer_list<int> arguments) {
        const int data = btf__add_ptr(kernel_.get(), 0);
        const int prototype = btf__add_func_proto(kernel_.get(), 0);
        btf__add_func_param(kernel_.get(), "", data);
        for (const int type : arguments) {
            btf__add_func_param(kernel_.get(), "", type);
        }
        btf__add_typedef(kernel_.get(), name, btf__add_ptr(kernel_.get(), prototype));
    }
    std::unique_ptr<btf, decltype(&btf__free)> kernel_{btf__new_empty(), &btf__free};
    int integer_ = 0, gfp_ = 0;
};

TEST_F(Tracepoint, FindsTheArgumentWhereverThisKernelHasIt) {
    add("btf_trace_before", {integer_, gfp_});
    add("btf_trace_after", {gfp_, integer_, integer_});
    EXPECT_EQ(find_argument(*kernel_, "before", "gfp_t"), 1);
    EXPECT_EQ(find_argument(*kernel_, "after", "gfp_t"), 0);
}

TEST_F(Tracepoint, NothingWhereThereIsNone) {
    add("btf_trace_old", {integer_});
    EXPECT_EQ(find_argument(*kernel_, "old", "gfp_t"), std::nullopt);
    EXPECT_EQ(find_argument(*kernel_, "missing", "gfp_t"), std::nullopt);
}

}  // namespace
}  // namespace blkhang
