// SPDX-License-Identifier: GPL-2.0-only
#include "record/archive.h"
#include "report/diagnosis/text.h"
#include "report/diagnosis/words.h"

namespace blkhang {
namespace {

Json to_json(const Diagnosis::Task& task) {
    Json json{{"pid", task.pid},     {"comm", task.comm},           {"waits_for", task.waits_for},
              {"holds", task.holds}, {"in_circle", task.in_circle}, {"unmoved", task.unmoved},
              {"stack", task.stack}};
    if (task.state) {
        json["state"] = std::string(1, *task.state);
    }
    return json;
}

Json to_json(const Deadlock& circle, const std::vector<std::string>& inferred) {
    Json tasks = Json::array();
    for (const DeadlockTask& task : circle.tasks) {
        Json holds = Json::array();
        for (const Awaited& held : task.holds) {
            holds.push_back(to_string(held));
        }
        tasks.push_back({{"pid", task.pid},
                         {"comm", task.comm},
                         {"waits_for", to_string(task.waits_for)},
                         {"holds", std::move(holds)},
                         {"stack", task.stack}});
    }
    return {{"kind", to_string(circle.kind)}, {"inferred", inferred}, {"tasks", std::move(tasks)}};
}

}  // namespace

std::string encode(const Diagnosis& diagnosis, const std::vector<std::string>& sources) {
    Json json{{"schema", "blkhang-diagnosis/1"},
              {"answer", to_string(diagnosis.answer)},
              {"verdict", to_string(verdict_of(diagnosis.answer))},
              {"headline", diagnosis.headline},
              {"reasons", diagnosis.reasons},
              {"release", diagnosis.release},
              {"sources", sources}};
    if (diagnosis.circle) {
        json["circle"] = to_json(*diagnosis.circle, diagnosis.inferred);
    }
    if (diagnosis.member != nullptr) {
        json["member"] = {{"name", diagnosis.member->name}, {"about", diagnosis.about_member}};
    }
    json["tasks"] = Json::array();
    for (const auto& task : diagnosis.tasks) {
        json["tasks"].push_back(to_json(task));
    }
    json["lockdep"] = Json::array();
    for (const auto& warning : diagnosis.lockdep) {
        json["lockdep"].push_back({{"headline", warning.headline},
                                   {"claims", warning.what},
                                   {"disks", warning.disks},
                                   {"provoke", warning.provoke}});
    }
    json["next"] = diagnosis.next;
    json["left_out"] = diagnosis.left_out;
    return to_text(json);
}

}  // namespace blkhang
