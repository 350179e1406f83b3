// SPDX-License-Identifier: GPL-2.0-only
#include "host/view_json.h"

#include <optional>

#include <nlohmann/json.hpp>

#include "guest/host_table.h"
#include "guest/survey_table.h"
#include "host/evidence_table.h"
#include "host/risk_table.h"
#include "host/triggers.h"

namespace blkhang {
namespace {

using Json = nlohmann::ordered_json;

template <class Value>
Json or_null(const std::optional<Value>& value) {
    return value ? Json(*value) : Json(nullptr);
}

/// A list of what each item becomes.
template <class Items, class Convert>
Json list_of(const Items& items, const Convert& convert) {
    Json list = Json::array();
    for (const auto& item : items) {
        list.push_back(convert(item));
    }
    return list;
}

Json family_json(const HostView& view) {
    const auto here = members_here(view);
    return list_of(view.family, [&](const FamilyMember& member) {
        Json json = member_json(member);
        json["hangs"] = member.hangs;
        for (const MemberHere& one : here) {
            if (one.member == &member) {
                json["here"] = {{"trigger", to_string(one.trigger)}, {"by", one.by}};
            }
        }
        return json;
    });
}

Json share_json(const Pressure::Share& share) {
    return {{"avg10", share.avg10}, {"avg60", share.avg60}, {"avg300", share.avg300}, {"total_s", share.total_s}};
}

Json evidence_json(const HostView& view) {
    const CrashKeepers& keepers = view.keepers;
    return {
        {"consoles",
         list_of(view.log_ways.consoles,
                 [](const LogWays::Console& console) {
                     return Json{{"name", console.name}, {"enabled", console.enabled}, {"serial", console.is_serial()}};
                 })},
        {"netconsole",
         {{"loaded", view.log_ways.netconsole_loaded},
          {"targets",
           list_of(view.log_ways.net_consoles,
                   [](const LogWays::NetConsole& target) {
                       return Json{{"device", target.device}, {"remote", target.remote}, {"enabled", target.enabled}};
                   })}}},
        {"console_level", or_null(view.log_ways.console_level)},
        {"printk_devkmsg", view.log_ways.devkmsg},
        {"sysrq", or_null(view.log_ways.sysrq)},
        {"pstore",
         {{"backend", keepers.pstore.empty() ? Json(nullptr) : Json(keepers.pstore)},
          {"records", keepers.pstore_records},
          {"keeps_log", keepers.pstore_keeps_log}}},
        {"kdump", {{"loaded", keepers.kdump_loaded}, {"reserved", keepers.kdump_memory}}},
        {"panic",
         {{"timeout_s", or_null(keepers.panic_timeout)},
          {"hung_task", or_null(keepers.hung_task_panic)},
          {"softlockup", or_null(keepers.softlockup_panic)},
          {"oops", or_null(keepers.panic_on_oops)}}},
        {"hung_task_timeout_s", or_null(keepers.hung_task_timeout)},
        {"watchdogs", list_of(view.watchdogs,
                              [](const Watchdog& watchdog) {
                                  return Json{{"name", watchdog.name},
                                              {"driver", watchdog.driver},
                                              {"timeout_s", or_null(watchdog.timeout_s)},
                                              {"pretimeout", watchdog.pretimeout},
                                              {"taken", watchdog.taken},
                                              {"nowayout", watchdog.no_way_out}};
                              })},
        {"pmem", keepers.pmem},
    };
}

}  // namespace

Json view_json(const HostView& view) {
    Json json = host_json(view.facts);
    json["schema"] = "blkhang-check/1";
    json["kernel"]["config"] = view.config;
    json["kernel"]["fingerprints"] = view.fingerprints;
    json["summary"] = risk_summary(view) + evidence_summary(view);
    json["family"] = family_json(view);
    json["swap_queues"] = list_of(view.swaps, [](const SwapQueue& swap) {
        return Json{{"name", swap.name},        {"size", swap.size},
                    {"used", swap.used},        {"priority", swap.priority},
                    {"path", swap.path.steps},  {"queues", swap.path.queues},
                    {"disks", swap.path.disks}, {"in_memory", swap.in_memory()}};
    });
    json["zswap"] = view.zswap;
    json["disks"] = list_of(view.disks, [](const DiskQueue& disk) {
        return Json{{"name", disk.name},
                    {"number", disk.number},
                    {"driver", disk.driver},
                    {"scheduler", disk.scheduler},
                    {"schedulers", disk.schedulers},
                    {"nr_requests", or_null(disk.nr_requests)},
                    {"wbt_lat_us", or_null(disk.wbt_lat_us)},
                    {"hardware_queues", disk.hardware_queues},
                    {"served_by", or_null(disk.served_by)}};
    });
    json["writers"] = list_of(view.writers, [](const KnobWriter& writer) {
        return Json{{"by", writer.by},
                    {"file", writer.file},
                    {"line", writer.line},
                    {"knob", writer.knob},
                    {"value", writer.value},
                    {"disks", writer.disks},
                    {"by_variable", writer.by_variable},
                    {"text", writer.text}};
    });
    json["limits"] = list_of(view.limits, [](const IoLimit& limit) {
        return Json{{"group", limit.group}, {"file", limit.file}, {"number", limit.number}, {"rule", limit.rule}};
    });
    json["virtual_machines"] = list_of(view.running.machines, [](const VirtualMachine& machine) {
        return Json{{"pid", machine.pid},          {"program", machine.program}, {"guest", machine.guest},
                    {"group", machine.group},      {"files", machine.files},     {"disks", machine.disks},
                    {"readable", machine.readable}};
    });
    json["memory_pressure"] =
        view.pressure.known ? Json{{"some", share_json(view.pressure.some)}, {"full", share_json(view.pressure.full)}}
                            : Json(nullptr);
    json["killers"] = list_of(view.running.killers, [](const HostProcess& killer) {
        return Json{{"pid", killer.pid}, {"name", killer.name}};
    });
    json["cgroup_order"] = {{"layout", to_string(view.cgroups.layout)},
                            {"first_process", view.cgroups.first_process},
                            {"offered", view.cgroups.offered},
                            {"handed_down", view.cgroups.handed_down},
                            {"on_v1", view.cgroups.on_v1},
                            {"delegated", view.cgroups.delegated}};
    json["evidence"] = evidence_json(view);
    json["left_out"] = view.left_out;
    return json;
}

}  // namespace blkhang
