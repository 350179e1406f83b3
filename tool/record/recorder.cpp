// SPDX-License-Identifier: GPL-2.0-only
#include "record/recorder.h"

#include <fcntl.h>
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

Result<Fd> Recorder::create(const char* name) const {
    const auto path = directory_ / name;
    Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644));
    if (!file.valid()) {
        if (errno == EEXIST) {
            return fail(Error(Fault::usage, fmt::format("{} holds a record already", directory_.string()))
                            .hint("name another directory with --out, or remove this one"));
        }
        return fail_errno(fmt::format("creating {}", path.string()));
    }
    return file;
}

Result<Recorder> Recorder::open(const std::filesystem::path& directory, RunFacts facts, const Profile& profile) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error) {
        return fail(Error(Fault::usage, fmt::format("creating {}: {}", directory.string(), error.message()))
                        .hint("name a directory that can be written with --out"));
    }
    Recorder recorder(directory, std::move(facts), profile);
    if (std::filesystem::exists(directory / files::kRecord, error)) {
        return fail(Error(Fault::usage, fmt::format("{} holds a record already", directory.string()))
                        .hint("name another directory with --out, or remove this one"));
    }
    // The events come first: of two recorders that want the same directory, one fails here and touches nothing.
    for (const auto& [name, file] :
         {std::pair{files::kEvents, &recorder.events_}, std::pair{files::kConsole, &recorder.console_},
          std::pair{files::kKmsg, &recorder.kmsg_}}) {
        auto created = recorder.create(name);
        if (!created) {
            return fail(std::move(created).error());
        }
        *file = std::move(*created);
    }
    if (auto status = write_file(directory / files::kProfile, to_toml(profile)); !status) {
        return fail(std::move(status).error());
    }
    return recorder;
}

void Recorder::append(const Fd& file, std::string_view text) {
    if (auto status = write_all(file.get(), text); !status && !first_failure_) {
        first_failure_ = std::move(status).error();
    }
}

std::optional<Observation> Recorder::line(std::string_view line) {
    if (!intake_.admits(line)) {
        note_gap();
        return std::nullopt;
    }
    in_gap_ = false;
    append(events_, fmt::format("{}\n", line));
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

void Recorder::console(std::string_view chunk) { append(console_, chunk.substr(0, intake_.admits_of_console(chunk))); }

Result<Record> Recorder::finish(const RunEnd& end) {
    Record record = builder_.finish(end, intake_.truncations());
    record.profile.settings = settings_;
    record.profile.digest = digest_of(settings_);
    const std::string context = fmt::format("writing the record in {}", directory_.string());
    if (auto status = replace_file(directory_ / files::kRecord, encode(record)); !status) {
        return fail_within(std::move(status).error(), context);
    }
    if (first_failure_) {
        return fail_within(*first_failure_, context);
    }
    return record;
}

}  // namespace blkhang
