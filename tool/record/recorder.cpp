// SPDX-License-Identifier: GPL-2.0-only
#include "record/recorder.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/units.h"
#include "profile/profile_toml.h"
#include "record/files.h"
#include "record/stream.h"

namespace blkhang {
namespace {

/// As `dmesg --raw` prints it.
std::string kmsg_line(const seen::Kmsg& message) {
    const std::uint64_t us = message.at_ns / kNsPerUs;
    return fmt::format("<{}>[{:5}.{:06}] {}\n", message.level, us / kUsPerS, us % kUsPerS, message.text);
}

}  // namespace

Result<Recorder> Recorder::open(RecordClaim claim, RunFacts facts, const Profile& profile) {
    Recorder recorder(std::move(claim), std::move(facts), profile);
    const Directory& directory = recorder.claim_.directory();
    Fd profile_file;
    for (const auto& [name, file] :
         {std::pair{files::kConsole, &recorder.console_}, std::pair{files::kKmsg, &recorder.kmsg_},
          std::pair{files::kProfile, &profile_file}}) {
        auto created = directory.create(name);
        if (!created) {
            return fail(created.error());
        }
        *file = std::move(*created);
    }
    if (auto status = write_all(profile_file.get(), to_toml(profile)); !status) {
        return fail_within(status.error(), (directory.path() / files::kProfile).string());
    }
    return recorder;
}

void Recorder::append(const Fd& file, std::string_view text) {
    if (auto status = write_all(file.get(), text); !status && !first_failure_) {
        first_failure_ = std::move(status).error();
    }
}

std::optional<Observation> Recorder::line(std::string_view line) {
    claim_.keep();
    if (!intake_.admits(line)) {
        note_gap();
        return std::nullopt;
    }
    in_gap_ = false;
    append(claim_.events(), fmt::format("{}\n", line));
    auto observation = decode(line);
    if (!observation || (type_of(line) != type_of(*observation) && !type_of(line).empty())) {
        builder_.damaged_line();
        return std::nullopt;
    }
    if (const auto* message = std::get_if<seen::Kmsg>(&*observation)) {
        append(kmsg_, kmsg_line(*message));
    }
    builder_.observe(*observation);
    return std::move(*observation);
}

void Recorder::overlong_line(std::uint64_t bytes) {
    claim_.keep();
    intake_.overlong(bytes);
    note_gap();
}

/// A flood of lines that are left out is one gap.
void Recorder::note_gap() {
    if (intake_.lost_track() && !in_gap_) {
        in_gap_ = true;
        builder_.lost_track();
    }
}

void Recorder::console(std::string_view chunk) {
    claim_.keep();
    append(console_, chunk.substr(0, intake_.admits_of_console(chunk)));
}

void Recorder::kernel_config(std::string_view text) {
    if (text.empty() || text.size() > files::kLargestKernelConfig) {
        return;
    }
    auto file = claim_.directory().create(files::kKernelConfig);
    if (file) {
        append(*file, text);
    } else if (!first_failure_) {
        first_failure_ = std::move(file).error();
    }
}

void Recorder::lost_track() {
    claim_.keep();
    builder_.lost_track();
}

Result<Record> Recorder::finish(const RunEnd& end, const std::function<void(Record&)>& amend) {
    claim_.keep();
    Record record = builder_.finish(end, intake_.truncations());
    amend(record);
    record.profile.settings = settings_;
    record.profile.digest = digest_of(settings_);
    const std::string context = fmt::format("writing the record in {}, whose verdict is {}",
                                            claim_.directory().path().string(), to_string(record.verdict.value));
    const Pieces pieces = [&](const TakesPiece& take) { return encode(record, take); };
    if (auto status = claim_.directory().replace(files::kRecord, pieces); !status) {
        return fail_within(status.error(), context);
    }
    if (first_failure_) {
        return fail_within(*first_failure_, context);
    }
    return record;
}

}  // namespace blkhang
