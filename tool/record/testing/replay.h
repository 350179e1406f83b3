// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.h"
#include "record/builder.h"
#include "record/stream.h"

/// For tests: records made from the recorded streams in tool/record/testdata.
namespace blkhang::replay {

inline std::filesystem::path path(std::string_view name) {
    return std::filesystem::path(BLKHANG_SOURCE_DIR) / "tool/record/testdata" / (std::string(name) + ".ndjson");
}

inline RunFacts facts(std::string plant) {
    return {"kvm-2011",       {{{"trials", 20}, {"owner_reclaims", 50}}, 20'000'000},
            std::move(plant), "deb:6.1 (linux-image-6.1.0-43-cloud-amd64 6.1.162-1)",
            "0.1.0",          "3f2c9d1a7be4"};
}

/// Throws (and so fails the test) when the stream is damaged: it is checked in.
inline Record record(std::string_view name, std::string plant = {}, const RunEnd& end = {Ended::orderly, "", "tcg"}) {
    RecordBuilder builder{facts(std::move(plant))};
    const std::string stream = read_file(path(name)).value();
    std::string_view rest = stream;
    while (!rest.empty()) {
        const auto newline = rest.find('\n');
        builder.observe(decode(rest.substr(0, newline)).value());
        rest.remove_prefix(newline + 1);
    }
    return builder.finish(end);
}

}  // namespace blkhang::replay
