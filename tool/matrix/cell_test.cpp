// SPDX-License-Identifier: GPL-2.0-only
#include "matrix/cell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/path_name.h"
#include "profile/plants.h"
#include "profile/profile_toml.h"
#include "profile/shipped.h"

namespace blkhang {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;

Profile named(const std::string& name) {
    Profile profile;
    profile.name = name;
    profile.summary = "a test";
    return profile;
}

std::vector<std::string> ids(const std::vector<Cell>& cells) {
    std::vector<std::string> all;
    for (const Cell& cell : cells) {
        all.push_back(cell.id);
    }
    return all;
}

TEST(PlanCells, RepeatsTakeTurns) {
    MatrixRequest request;
    request.kernels = {"deb:6.1", "deb:7.3"};
    request.plants = {"none", "sync-alloc"};
    request.repeat = 2;
    EXPECT_THAT(
        ids(plan_cells(request, {named("p")})),
        ElementsAre("deb-6.1_p_stock_1", "deb-6.1_p_sync-alloc_1", "deb-7.3_p_stock_1", "deb-7.3_p_sync-alloc_1",
                    "deb-6.1_p_stock_2", "deb-6.1_p_sync-alloc_2", "deb-7.3_p_stock_2", "deb-7.3_p_sync-alloc_2"));
}

TEST(PlanCells, WhatLoadsNodesSaysSoInEachCell) {
    MatrixRequest request;
    request.kernels = {"running"};
    EXPECT_FALSE(decode_cell(encode(plan_cells(request, {named("p")})[0]))->loads_node());
    request.on_nodes = true;
    EXPECT_TRUE(decode_cell(encode(plan_cells(request, {named("p")})[0]))->loads_node());
}

TEST(PlanCells, IdsOfFarAwayTreesStillFitAFileSystem) {
    MatrixRequest request;
    request.kernels = {"tree:/" + std::string(400, 'x') + "/one", "tree:/" + std::string(400, 'x') + "/two"};
    const auto cells = plan_cells(request, {named(std::string(64, 'p'))});
    for (const Cell& cell : cells) {
        EXPECT_TRUE(is_path_name(cell.id, kLongestCellId)) << cell.id;
        EXPECT_TRUE(decode_cell(encode(cell))) << cell.id;
    }
    EXPECT_THAT(cells[0].id, HasSubstr("one_p"));
}

TEST(DecodeCell, AnIdThatLeadsOutOfTheMatrixIsDamage) {
    Cell cell;
    for (const char* id : {"", "..", "../../etc/cron.d", "/etc", ".hidden", "a/b", "-x", "a b"}) {
        cell.id = id;
        const auto read = decode_cell(encode(cell));
        ASSERT_FALSE(read) << id;
        EXPECT_THAT(read.error().message(), HasSubstr("id: expected a name that can be part of a path"));
    }
}

TEST(PlanCells, CalibrationAddsOneCompanionWhereNoneWasAskedFor) {
    MatrixRequest request;
    request.kernels = {"deb:6.1", "deb:7.3,plant=worker-alloc"};
    request.repeat = 2;
    request.calibrate = true;
    const auto cells = plan_cells(request, {named("p"), named("q")});
    EXPECT_THAT(ids(cells), ElementsAre("deb-6.1_p_stock_1", "deb-6.1_q_stock_1", "deb-7.3_p_worker-alloc_1",
                                        "deb-7.3_q_worker-alloc_1", "deb-6.1_p_sync-alloc_calibration",
                                        "deb-6.1_q_sync-alloc_calibration", "deb-6.1_p_stock_2", "deb-6.1_q_stock_2",
                                        "deb-7.3_p_worker-alloc_2", "deb-7.3_q_worker-alloc_2"));
    EXPECT_TRUE(cells[4].calibration);
    EXPECT_FALSE(cells[0].calibration);

    request.kernels = {"deb:6.1"};
    request.plants = {"none", "sync-alloc"};
    request.repeat = 1;
    EXPECT_THAT(ids(plan_cells(request, {named("p")})), ElementsAre("deb-6.1_p_stock_1", "deb-6.1_p_sync-alloc_1"));
}

TEST(PlanCells, TheCompanionHasThePlantThatTheProfileNames) {
    MatrixRequest request;
    request.kernels = {"deb:6.1"};
    request.calibrate = true;
    Profile profile = named("p");
    profile.calibrate = "frozen-alloc";
    const auto cells = plan_cells(request, {profile});
    EXPECT_THAT(ids(cells), ElementsAre("deb-6.1_p_stock_1", "deb-6.1_p_frozen-alloc_calibration"));
    EXPECT_EQ(decode_cell(encode(cells[0]))->calibrated_by, "frozen-alloc");
}

TEST(PlanCells, ShippedProfilesNamePlantsThatThereAre) {
    for (const std::string& name : shipped_profiles()) {
        EXPECT_TRUE(check_plant_name(load_profile(name)->calibrate)) << name;
    }
}

TEST(PlanCells, SidesBringTheirOwnPlants) {
    MatrixRequest request;
    request.before = "deb:6.1,plant=sync-alloc";
    request.after = "deb:6.1,plant=worker-alloc";
    EXPECT_THAT(ids(plan_cells(request, {named("p")})),
                ElementsAre("deb-6.1_p_sync-alloc_1", "deb-6.1_p_worker-alloc_1"));
}

TEST(PlanCells, IdsAreUniqueAndFitForFileNames) {
    MatrixRequest request;
    request.kernels = {"file:/a/b", "file:/a-b"};
    EXPECT_THAT(ids(plan_cells(request, {named("p")})), ElementsAre("file--a-b_p_stock_1", "file--a-b_p_stock_1_2"));
}

TEST(Cell, IsReadBackAsItWasWritten) {
    MatrixRequest request;
    request.kernels = {"deb:6.1"};
    request.plants = {"sync-alloc"};
    Cell cell = plan_cells(request, {named("p")}).front();
    cell.pinned = "deb:linux-image-x=1@y";
    cell.label = "deb:6.1 (x 1)";
    cell.release = "6.1.0";
    const auto read = decode_cell(encode(cell));
    ASSERT_TRUE(read) << read.error().message();
    EXPECT_EQ(read->id, cell.id);
    EXPECT_EQ(read->subject, cell.subject);
    EXPECT_EQ(read->repeat, cell.repeat);
    EXPECT_EQ(read->calibration, cell.calibration);
    EXPECT_EQ(read->pinned, cell.pinned);
    EXPECT_EQ(read->label, cell.label);
    EXPECT_EQ(read->release, cell.release);
    EXPECT_EQ(parse_profile(read->profile_toml, "cell")->name, "p");
}

TEST(Cell, DamageIsCalledDamage) {
    MatrixRequest request;
    request.kernels = {"deb:6.1"};
    const std::string good = encode(plan_cells(request, {named("p")}).front());
    for (const std::string& bad :
         {std::string(), std::string("{}"), good.substr(0, good.size() / 2), std::string("[1]"),
          std::string(R"({"schema":"blkhang-record/1"})"), std::string(R"({"schema":"blkhang-cell/1"})")}) {
        const auto read = decode_cell(bad);
        ASSERT_FALSE(read) << bad;
        EXPECT_THAT(read.error().message(), AnyOf(HasSubstr("damaged cell"), HasSubstr("not a cell of blkhang")))
            << bad;
        EXPECT_EQ(read.error().fault(), Fault::usage);
    }
    EXPECT_THAT(decode_cell(R"({"schema":"blkhang-cell/2"})").error().message(),
                HasSubstr("the cell is blkhang-cell/2, this blkhang reads blkhang-cell/1 (read it with the newer"));
}

}  // namespace
}  // namespace blkhang
