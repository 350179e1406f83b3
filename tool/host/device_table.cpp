// SPDX-License-Identifier: GPL-2.0-only
#include "host/device_table.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/shell.h"
#include "base/sizes.h"
#include "machine/device_claim.h"

namespace blkhang {
namespace {

using State = CheckRow::State;

std::string told(const ReasonAgainst& reason) { return fmt::format("{}: {}", word(reason.what), reason.fact); }

void add_rows(const DeviceUse& use, bool all_reasons, std::vector<CheckRow>& rows) {
    const std::string prepared = use.header ? fmt::format("prepared for {}, ", word(use.header->purpose)) : "";
    if (use.unused()) {
        rows.push_back({use.name, State::ok, fmt::format("{}, {}unused", format_size(use.size), prepared),
                        use.header ? ""
                                   : fmt::format("to give it to blkhang: blkhang prepare {} --serial {}",
                                                 shell_quoted(use.path.string()), shell_quoted(identity_of(use)))});
        return;
    }
    const std::size_t more = use.reasons.size() - 1;
    const ReasonAgainst& first = use.reasons.front();
    rows.push_back({use.name, State::note,
                    fmt::format("{}, {}not unused: {}{}", format_size(use.size), prepared, told(first),
                                more == 0 || all_reasons ? "" : fmt::format("; {} more with -v", more)),
                    all_reasons ? first.clear : ""});
    for (std::size_t i = 1; all_reasons && i <= more; ++i) {
        rows.push_back({"", State::note, told(use.reasons[i]), use.reasons[i].clear});
    }
}

nlohmann::ordered_json json_of(const DeviceUse& use) {
    auto reasons = nlohmann::ordered_json::array();
    for (const ReasonAgainst& each : use.reasons) {
        reasons.push_back({{"what", word(each.what)}, {"fact", each.fact}, {"clear", each.clear}});
    }
    nlohmann::ordered_json prepared = nullptr;
    if (use.header) {
        prepared = {{"purpose", word(use.header->purpose)}, {"uuid", uuid_text(*use.header)}};
    }
    return {{"name", use.name},
            {"path", use.path.string()},
            {"size", use.size},
            {"number", text(use.number)},
            {"serial", use.serial},
            {"wwn", use.wwn},
            {"identity", identity_of(use)},
            {"unused", use.unused()},
            {"prepared", prepared},
            {"reasons", reasons}};
}

}  // namespace

std::vector<CheckRow> device_rows(const Result<std::vector<DeviceUse>>& devices, bool all_reasons) {
    if (!devices) {
        return {{"disks", State::note, devices.error().message(), ""}};
    }
    std::vector<CheckRow> rows;
    for (const DeviceUse& use : *devices) {
        if (use.whole && use.size != 0) {
            add_rows(use, all_reasons, rows);
        }
    }
    if (rows.empty()) {
        rows.push_back({"disks", State::note, "none that this program sees", ""});
    }
    return rows;
}

std::string devices_text(const Result<std::vector<DeviceUse>>& devices, bool all_reasons, bool colour) {
    return "\nIs there a disk to give to blkhang?\n" + table_text(device_rows(devices, all_reasons), colour);
}

nlohmann::ordered_json devices_json(const Result<std::vector<DeviceUse>>& devices) {
    if (!devices) {
        return nullptr;
    }
    auto list = nlohmann::ordered_json::array();
    for (const DeviceUse& use : *devices) {
        list.push_back(json_of(use));
    }
    return list;
}

}  // namespace blkhang
