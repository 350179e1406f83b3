// SPDX-License-Identifier: GPL-2.0-only
#include "record/claim.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/file.h>

#include <array>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "record/files.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

constexpr std::array kEvidence{files::kEvents, files::kConsole, files::kKmsg};

tl::unexpected<Error> refuse(const Directory& directory, std::string_view why, std::string hint) {
    return fail(Error(Fault::usage, fmt::format("{} {}", directory.path().string(), why)).hint(std::move(hint)));
}

/// Not where the file system has no locks: files that must be new keep two runs apart there, too.
bool is_taken(const Directory& directory) {
    return ::flock(directory.descriptor(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

}  // namespace

Status RecordClaim::clear_left_over() const {
    std::vector<const char*> there;
    bool is_evidence = false;
    for (const char* name : kEvidence) {
        if (directory_.has(name)) {
            there.push_back(name);
            is_evidence |= !directory_.read(name, 0);
        }
    }
    const bool has_begun = !there.empty();
    for (const char* name : {files::kProfile, files::kKernelConfig}) {
        if (directory_.has(name)) {
            is_evidence |= !has_begun;  // no run begins with it
            there.push_back(name);
        }
    }
    if (is_evidence) {
        return refuse(directory_, "holds what a run left that was cut short, or files of the same names",
                      fmt::format("to use it again remove {} from it, or name another directory with --out",
                                  fmt::join(there, ", ")));
    }
    for (const char* name : there) {
        if (auto removed = directory_.remove(name); !removed) {
            return removed;
        }
    }
    return {};
}

Result<RecordClaim> RecordClaim::make(const fs::path& path) {
    const bool was_there = is_there(path);
    auto directory = Directory::make(path);
    if (!directory) {
        return fail(std::move(directory.error()).hint("name a directory that can be written with --out"));
    }
    RecordClaim claim(std::move(*directory), was_there);
    if (is_taken(claim.directory_)) {
        return refuse(claim.directory_, "is where another run goes on", "name another directory with --out");
    }
    if (claim.directory_.has(files::kRecord)) {
        return refuse(claim.directory_, "holds a record already",
                      "name another directory with --out, or remove this one");
    }
    if (auto clear = claim.clear_left_over(); !clear) {
        return fail(clear.error());
    }
    auto events = claim.directory_.create(files::kEvents);
    if (!events) {
        return fail(std::move(events.error()).hint("name a directory that can be written with --out"));
    }
    claim.events_ = std::move(*events);
    claim.keep_ = false;
    return claim;
}

RecordClaim::RecordClaim(RecordClaim&& other) noexcept
    : directory_(std::move(other.directory_)),
      was_there_(other.was_there_),
      keep_(std::exchange(other.keep_, true)),
      events_(std::move(other.events_)) {}

RecordClaim& RecordClaim::operator=(RecordClaim&& other) noexcept {
    std::swap(directory_, other.directory_);
    std::swap(was_there_, other.was_there_);
    std::swap(keep_, other.keep_);
    std::swap(events_, other.events_);
    return *this;
}

RecordClaim::~RecordClaim() {
    if (keep_) {
        return;
    }
    for (const auto& file : files::kBesideTheRecord) {
        (void)directory_.remove(file.name);  // nobody is left to tell
    }
    if (!was_there_) {
        std::error_code ignored;
        fs::remove(directory_.path(), ignored);
    }
}

}  // namespace blkhang
