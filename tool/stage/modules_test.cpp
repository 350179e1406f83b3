// SPDX-License-Identifier: GPL-2.0-only
#include "stage/modules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "stage/testing/fake_machine.h"

namespace blkhang {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Modules : public testing::Test {
protected:
    Status insert(std::string_view list) {
        machine_.tree.put("list", list);
        return insert_modules(machine_.staging, machine_.tree.at("list"));
    }
    FakeMachine machine_;
};

TEST_F(Modules, AreToldByTheirKernelsNamesAndInsertedInOrder) {
    ASSERT_TRUE(insert("/m/virtio-blk.ko\n/m/nbd.ko\n"));
    EXPECT_THAT(machine_.ledger.journal,
                ElementsAre("told module virtio_blk", "insert virtio-blk", "told module nbd", "insert nbd"));
}

TEST_F(Modules, OneThatIsThereAlreadyIsNotOursToUndo) {
    machine_.tree.put("sys/module/nbd/refcnt", "0");
    machine_.calls.fails["insert nbd"] = EEXIST;
    EXPECT_TRUE(insert("/m/nbd.ko\n"));
    EXPECT_THAT(machine_.ledger.told, IsEmpty());
}

TEST_F(Modules, AFailureNamesTheModuleAndEndsIt) {
    machine_.calls.fails["insert nbd"] = ENOEXEC;
    const auto failed = insert("/m/nbd.ko\n/m/bfq.ko\n");
    ASSERT_FALSE(failed);
    EXPECT_THAT(failed.error().message(), HasSubstr("inserting module nbd.ko: Exec format error"));
    EXPECT_THAT(machine_.ledger.journal, ElementsAre("told module nbd", "insert nbd"));
}

TEST_F(Modules, WithoutTheLedgerNoneIsInserted) {
    machine_.ledger.refuses_at = 0;
    EXPECT_FALSE(insert("/m/nbd.ko\n"));
    EXPECT_THAT(machine_.ledger.journal, IsEmpty());
}

TEST_F(Modules, NoListIsAMonolithicKernel) {
    EXPECT_TRUE(insert_modules(machine_.staging, machine_.tree.at("none")));
    EXPECT_THAT(machine_.ledger.journal, IsEmpty());
}

}  // namespace
}  // namespace blkhang
