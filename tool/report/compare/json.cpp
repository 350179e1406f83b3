// SPDX-License-Identifier: GPL-2.0-only
#include "record/archive.h"
#include "report/compare/text.h"
#include "report/compare/words.h"

namespace blkhang {
namespace {

Json to_json(const Tally& tally) {
    Json json{{"kernel", tally.subject.kernel}, {"profile", tally.subject.profile},
              {"plant", tally.subject.plant},   {"label", tally.label},
              {"release", tally.release},       {"verdict", to_string(tally.verdict)},
              {"reasons", tally.reasons},       {"trials", tally.trials}};
    json["verdicts"] = Json::object();
    for (const auto& [verdict, count] : tally.verdicts) {
        json["verdicts"][std::string(to_string(verdict))] = count;
    }
    json["rate"] = {{"failed", tally.rate.failed},
                    {"passed", tally.rate.passed},
                    {"low", tally.rate.low},
                    {"high", tally.rate.high}};
    return json;
}

Json to_json(const std::vector<Tally>& tallies) {
    Json list = Json::array();
    for (const Tally& tally : tallies) {
        list.push_back(to_json(tally));
    }
    return list;
}

void add(Json& json, const char* key, const std::optional<Share>& share) {
    if (share) {
        json[key] = {{"counted", share->counted}, {"all", share->all}, {"share", share->value()}};
    }
}

Json to_json(const ComparedSide& side) {
    Json json = to_json(side.tally);
    json["accelerator"] = side.accelerator;
    json["load_s"] = side.load_s;
    if (!side.proof.empty()) {
        json["proof"] = side.proof;
    }
    add(json, "statistics", side.statistics);
    add(json, "plant_accounted", side.plant_accounted);
    return json;
}

Json to_json(const ComparedPair& pair) {
    Json json{{"profile", pair.before.tally.subject.profile},
              {"change", to_string(pair.change)},
              {"statement", statement(pair)},
              {"p", pair.p}};
    if (pair.runs_needed) {
        json["runs_needed"] = *pair.runs_needed;
    }
    json["before"] = to_json(pair.before);
    json["after"] = to_json(pair.after);
    return json;
}

}  // namespace

std::string encode(const Comparison& comparison) {
    Json json{{"schema", "blkhang-comparison/1"},
              {"outcome", to_string(comparison.outcome)},
              {"conclusion", conclusion(comparison)}};
    json["pairs"] = Json::array();
    for (const ComparedPair& pair : comparison.pairs) {
        json["pairs"].push_back(to_json(pair));
    }
    json["only_before"] = to_json(comparison.only_before);
    json["only_after"] = to_json(comparison.only_after);
    json["differences"] = Json::array();
    for (const Difference& each : comparison.differences) {
        json["differences"].push_back({{"what", each.what},
                                       {"before", each.before},
                                       {"after", each.after},
                                       {"profiles", each.profiles},
                                       {"words", words(each)}});
    }
    json["notes"] = comparison.notes;
    json["tool"] = comparison.tool;
    return to_text(json);
}

}  // namespace blkhang
