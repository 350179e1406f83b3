// SPDX-License-Identifier: GPL-2.0-only
#include "watch/watch_state.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <utility>

#include "base/fd.h"
#include "base/file.h"
#include "base/regular_file.h"
#include "base/words.h"
#include "record/archive.h"

namespace blkhang {
namespace {

constexpr std::size_t kLongestKey = 512;
/// Of a counter that is believed: what JSON keeps exactly, and no host comes to.
constexpr std::uint64_t kMostCounted = std::uint64_t{1} << 53U;

struct Stored {
    std::string boot;
    std::vector<std::string> known;
    std::uint64_t waits = 0, lost_events = 0;
    double longest_ever_s = 0;
    std::map<std::string, std::uint64_t> findings;
};

template <class Archive, Of<Stored> T>
void fields(Archive& archive, T& stored) {
    archive("boot", stored.boot)("known", stored.known)("waits", stored.waits)("lost_events", stored.lost_events)(
        "longest_ever_s", stored.longest_ever_s)("findings", stored.findings);
}

/// FNV-1a: against a file that is damaged or half written, not against who can write it.
std::uint64_t checksum(std::string_view text) {
    constexpr std::uint64_t kPrime = 0x100000001b3;
    std::uint64_t sum = 0xcbf29ce484222325;
    for (const char c : text) {
        sum = (sum ^ static_cast<unsigned char>(c)) * kPrime;
    }
    return sum;
}

std::string sealed(const std::string& line) { return fmt::format("{}\n{:016x}\n", line, checksum(line)); }

bool is_plausible(const Stored& stored) {
    return stored.known.size() <= WatchState::kMostKeys && stored.waits < kMostCounted &&
           stored.lost_events < kMostCounted && std::isfinite(stored.longest_ever_s) && stored.longest_ever_s >= 0 &&
           std::ranges::all_of(stored.known, [](const auto& key) { return key.size() <= kLongestKey; }) &&
           std::ranges::all_of(stored.findings,
                               [](const auto& each) { return is_counted(each.first) && each.second < kMostCounted; });
}

}  // namespace

Result<WatchState> WatchState::decode(std::string_view text, const std::string& boot) {
    const auto line = std::string(text.substr(0, text.find('\n')));
    if (text != sealed(line)) {
        return fail(Fault::broken, "it is damaged, or not one of ours");
    }
    const auto json = parse_json(line);
    Stored stored;
    JsonReader reader(json);
    fields(reader, stored);
    if (json.is_discarded() || !reader.error().empty() || !is_plausible(stored)) {
        return fail(Fault::broken, "it makes no sense: another version of blkhang may have written it");
    }
    WatchState state(boot);
    if (stored.boot == boot && !boot.empty()) {
        state.known_ = std::move(stored.known);
    }
    state.earlier_.waits = stored.waits;
    state.earlier_.lost_events = stored.lost_events;
    state.earlier_.longest_ever_s = stored.longest_ever_s;
    state.earlier_.findings = std::move(stored.findings);
    return state;
}

Result<WatchState> WatchState::read(const std::filesystem::path& file, const std::string& boot) {
    const Fd fd{::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)};
    if (!fd.valid()) {
        return errno == ENOENT ? Result<WatchState>(WatchState(boot)) : fail_errno(file.string());
    }
    struct stat found {};
    if (::fstat(fd.get(), &found) != 0) {
        return fail_errno(file.string());
    }
    if (auto regular = check_regular(file, found, kLargest); !regular) {
        return fail(regular.error());
    }
    if (found.st_uid != ::geteuid() || (found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        return fail(Fault::broken, fmt::format("{}: others can write to it", file.string()));
    }
    const auto text = read_descriptor(fd.get(), kLargest);
    if (!text) {
        return fail_within(text.error(), file.string());
    }
    auto state = decode(*text, boot);
    return state ? std::move(state) : fail_within(state.error(), file.string());
}

void WatchState::note(const Finding& finding) {
    for (const auto& key : keys_of(finding)) {
        if (key.size() <= kLongestKey) {
            add_once(known_, key);
        }
    }
    if (known_.size() > kMostKeys) {
        known_.erase(known_.begin(), known_.end() - kMostKeys);
    }
}

WatchStatus WatchState::with_earlier(WatchStatus status) const {
    status.waits += earlier_.waits;
    status.lost_events += earlier_.lost_events;
    status.longest_ever_s = std::max(status.longest_ever_s, earlier_.longest_ever_s);
    for (const auto& [kind, count] : earlier_.findings) {
        status.findings[kind] += count;
    }
    return status;
}

std::string WatchState::encode(const WatchStatus& status) const {
    const auto all = with_earlier(status);
    const Stored stored{boot_, known_, all.waits, all.lost_events, all.longest_ever_s, all.findings};
    Json json = Json::object();
    JsonWriter writer(json);
    fields(writer, stored);
    return sealed(to_line(json));
}

std::string id_of_this_boot() { return stripped(read_file("/proc/sys/kernel/random/boot_id").value_or("")); }

}  // namespace blkhang
