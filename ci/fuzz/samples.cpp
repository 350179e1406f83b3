// SPDX-License-Identifier: GPL-2.0-only
#include "samples.h"

#include <fmt/format.h>

#include "record/builder.h"
#include "record/testing/matrix_builder.h"
#include "record/testing/replay.h"
#include "run/testing/simulated_machine.h"

namespace blkhang::fuzz {
namespace {

template <class T>
void shorten(std::vector<T>& list, std::size_t length) {
    list.resize(std::min(list.size(), length));
}

std::string small(Record record) {
    constexpr std::size_t kFew = 3, kSome = 5;
    record.profile.settings.reset();
    shorten(record.tier.attached, kFew);
    shorten(record.coverage, kSome);
    shorten(record.blocked_tasks, kFew);
    for (auto& task : record.blocked_tasks) {
        shorten(task.stack, kFew);
    }
    std::erase_if(record.nesting, [kept = 0](const auto& /*nesting*/) mutable { return kept++ >= 4; });
    for (auto& nesting : record.nesting) {
        shorten(nesting.stack, kFew);
    }
    if (record.deadlock) {
        for (auto& task : record.deadlock->tasks) {
            shorten(task.stack, 2 * kSome);
        }
    }
    return encode(record);
}

std::string simulated_stream(std::uint64_t seed) {
    std::string stream;
    const auto tell = [&stream](std::string_view line) { stream.append(line).append("\n"); };
    simulated::Settings settings;
    settings.seed = seed;
    settings.freezes = seed % 2 == 0;
    settings.short_of_memory = seed % 3 == 0;
    settings.own_wait = seed % 4 == 1;
    simulated::Machine machine(settings, tell);
    tell(R"({"t":"phase","at_ns":10000000000,"name":"load"})");
    for (int round = 0; round < 8; ++round) {
        machine.run_until(machine.now() + 250 * simulated::kMs);
        tell(fmt::format(R"({{"t":"tick","at_ns":{}}})", machine.now()));
    }
    machine.look();
    tell(fmt::format(R"({{"t":"end","at_ns":{},"taint":0}})", machine.now()));
    return stream;
}

}  // namespace

Harness for_records(std::string_view name, std::function<void(Record record, std::string_view text)> use) {
    return {
        .name = name,
        .shape = Shape::json,
        .longest = 16384,
        .attempt =
            [use = std::move(use)](std::string_view input) {
                if (auto record = decode_record(input)) {
                    use(std::move(*record), input);
                }
            },
        .seeds = sample_records,
    };
}

std::vector<std::string> sample_records() {
    std::vector<std::string> records;
    for (const auto& text : files("reports/samples", "record.json")) {
        records.push_back(small(decode_record(text).value()));
    }
    for (const char* stream : {"thrash", "self-deadlock", "kswapd-cycle", "lost-events", "nested-nowait"}) {
        records.push_back(small(replay::record(stream)));
    }
    records.push_back(small(replay::record("vanished", "sync-alloc", {Ended::lost, "no line for 60 s", "kvm"})));
    records.push_back(encode(RecordBuilder(replay::facts("")).finish({Ended::did_not_boot, "silent", "tcg"})));
    return records;
}

std::vector<std::string> sample_matrices() {
    Matrix mixed = build::runs(build::kStock, 2, 3);
    mixed.calibrate = true;
    mixed.jobs = 2;
    build::add(mixed, build::cell(build::kPlanted, Verdict::hang));
    mixed.cells.back().calibration = true;
    build::add(mixed, build::cell({"deb:7.3", "elv-switch", ""}, Verdict::error, "no line for 60 s"));
    build::add(mixed, build::cell({"deb:5.10", "kvm-2011", ""}, Verdict::unsupported, "no BTF"));
    mixed.profiles["5ca1ab1e"] = {{"duration", "40s"}, {"churn.ring", "60"}};
    Matrix pair = build::runs(build::kOld, 4, 0);
    for (int run = 0; run < 4; ++run) {
        build::add(pair, build::cell(build::kNew, Verdict::clean));
    }
    return {encode(mixed), encode(pair), encode(build::runs(build::kStock, 0, 1)), encode(Matrix{})};
}

std::vector<std::string> sample_streams(std::size_t longest) {
    auto streams = pieces(files("reports/samples", "events.ndjson"), longest);
    const auto recorded = pieces(files("tool/record/testdata", ".ndjson"), longest);
    streams.insert(streams.end(), recorded.begin(), recorded.end());
    for (std::uint64_t seed = 0; seed < 24; ++seed) {
        streams.push_back(simulated_stream(seed).substr(0, longest));
    }
    return streams;
}

}  // namespace blkhang::fuzz
