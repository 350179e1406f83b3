// SPDX-License-Identifier: GPL-2.0-only
#include "machine/fingerprints.h"

#include <bpf/btf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace blkhang {
namespace {

using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

using Kernel = std::unique_ptr<btf, decltype(&btf__free)>;

/// Type information of a kernel that has these functions, by number of their parameters.
Kernel kernel_with(const std::map<const char*, int>& functions) {
    Kernel kernel{btf__new_empty(), &btf__free};
    const int integer = btf__add_int(kernel.get(), "int", 4, BTF_INT_SIGNED);
    for (const auto& [function, parameters] : functions) {
        const int prototype = btf__add_func_proto(kernel.get(), integer);
        for (int i = 0; i < parameters; ++i) {
            btf__add_func_param(kernel.get(), "parameter", integer);
        }
        btf__add_func(kernel.get(), function, BTF_FUNC_STATIC, prototype);
    }
    return kernel;
}

std::map<std::string, std::string> of(const std::map<const char*, int>& functions) {
    return fingerprints_of(*kernel_with(functions));
}

TEST(Fingerprints, AreKnownByTheNumberOfParameters) {
    EXPECT_THAT(of({{"pcpu_get_vm_areas", 4}}), UnorderedElementsAre(Pair("percpu_backing_noio", "no")));
    EXPECT_THAT(of({{"pcpu_get_vm_areas", 5}}), UnorderedElementsAre(Pair("percpu_backing_noio", "yes")));
    EXPECT_THAT(of({{"blk_mq_update_nr_requests", 2}}), UnorderedElementsAre(Pair("nr_requests_early", "no")));
    EXPECT_THAT(of({{"blk_mq_update_nr_requests", 3}}), UnorderedElementsAre(Pair("nr_requests_early", "yes")));
}

TEST(Fingerprints, AreKnownByTheirFunctions) {
    EXPECT_THAT(of({{"elevator_switch", 2}}),
                UnorderedElementsAre(Pair("elevator_tags_early", "no"), Pair("elevator_data_early", "no")));
    EXPECT_THAT(of({{"elevator_switch", 2}, {"blk_mq_alloc_sched_tags", 3}}),
                UnorderedElementsAre(Pair("elevator_tags_early", "yes"), Pair("elevator_data_early", "no")));
    EXPECT_THAT(of({{"blk_freeze_queue_start", 1}, {"blk_mq_freeze_queue_nomemsave", 1}}),
                UnorderedElementsAre(Pair("freeze_noio", "yes")));
    EXPECT_THAT(of({{"wbt_init", 1}}), UnorderedElementsAre(Pair("wbt_early", "no")));
    EXPECT_THAT(of({{"ioc_qos_write", 4}, {"blkg_conf_open_bdev", 1}}),
                UnorderedElementsAre(Pair("iocost_frozen", "no")));
    EXPECT_THAT(of({{"ioc_qos_write", 4}, {"blkg_conf_close_bdev", 1}}),
                UnorderedElementsAre(Pair("iocost_frozen", "yes")));
    EXPECT_THAT(of({{"blk_throtl_init", 1}, {"blk_throtl_register", 1}}),
                UnorderedElementsAre(Pair("throttle_on_demand", "no")));
    EXPECT_THAT(of({{"blk_throtl_init", 1}}), UnorderedElementsAre(Pair("throttle_on_demand", "yes")));
}

TEST(Fingerprints, NamesAloneTellLess) {
    const Symbols kernel = Symbols::parse(
        "0000000000000010 T pcpu_get_vm_areas\n"
        "0000000000000020 T blk_freeze_queue_start\n"
        "0000000000000030 T blk_mq_freeze_queue_nomemsave\n"
        "0000000000000040 t elevator_switch\n");
    EXPECT_THAT(fingerprints_of(kernel),
                UnorderedElementsAre(Pair("freeze_noio", "yes"), Pair("elevator_tags_early", "no"),
                                     Pair("elevator_data_early", "no")));
}

TEST(Fingerprints, WhatCannotBeToldIsLeftOut) { EXPECT_THAT(of({{"other", 5}}), IsEmpty()); }

}  // namespace
}  // namespace blkhang
