// SPDX-License-Identifier: GPL-2.0-only
#include "record/measurements.h"

#include <fmt/format.h>

#include "record/archive.h"

namespace blkhang {
namespace {

struct Row {
    std::string version, profile;
    std::map<std::string, std::uint32_t> verdicts;  // by name: members of JSON objects are
};
template <class Archive, Of<Row> T>
void fields(Archive& archive, T& row) {
    archive("version", row.version)("profile", row.profile)("verdicts", row.verdicts);
}

struct Rows {
    std::vector<Row> measurements;
};
template <class Archive, Of<Rows> T>
void fields(Archive& archive, T& rows) {
    archive("measurements", rows.measurements);
}

}  // namespace

Result<std::vector<Measurement>> decode_measurements(std::string_view json) {
    const auto parsed = parse_json(json);
    Rows rows;
    if (JsonReader reader(parsed); reader.error().empty()) {
        fields(reader, rows);
        if (!reader.error().empty()) {
            return fail(Fault::broken, fmt::format("measurements: {}", reader.error()));
        }
    } else {
        return fail(Fault::broken, "measurements: no JSON object");
    }
    std::vector<Measurement> measurements;
    for (auto& row : rows.measurements) {
        Measurement one{std::move(row.version), std::move(row.profile), {}};
        for (const auto& [name, count] : row.verdicts) {
            const auto verdict = verdict_from(name);
            if (!verdict) {
                return fail(Fault::broken, fmt::format("measurements: there is no verdict '{}'", name));
            }
            one.verdicts[*verdict] = count;
        }
        measurements.push_back(std::move(one));
    }
    return measurements;
}

}  // namespace blkhang
