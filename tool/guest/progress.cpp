// SPDX-License-Identifier: GPL-2.0-only
#include "guest/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>

#include <csignal>
#include <cstring>

#include "base/clock.h"
#include "base/shown.h"
#include "base/text_width.h"
#include "base/units.h"
#include "judge/trigger_field.h"

namespace blkhang {
namespace {

constexpr double kPageSize = 4096;
constexpr double kMiB = 1024.0 * 1024.0;
constexpr auto kLiveInterval = std::chrono::milliseconds(200);
constexpr std::uint64_t kJudgedIntervalNs = 200'000'000;
constexpr std::uint64_t kPlainIntervalNs = 10'000'000'000;

std::uint64_t value(const std::map<std::string, std::uint64_t>& values, const std::string& key) {
    const auto it = values.find(key);
    return it == values.end() ? 0 : it->second;
}

/// "switch 3/4" for each trigger: writes that succeeded, and all that were begun.
std::string triggers_in_words(const std::map<std::string, std::uint64_t>& load) {
    using namespace trigger_count;
    std::string text;
    for (const auto& [key, attempts] : load) {
        if (const auto name = trigger_of(key, kAttempts); !name.empty()) {
            text += fmt::format(", {} {}/{}", name, value(load, trigger_field(name, kSuccesses)), attempts);
            if (const auto last_errno = value(load, trigger_field(name, kErrno)); last_errno != 0) {
                const char* const symbol = ::strerrorname_np(static_cast<int>(last_errno));
                text += symbol != nullptr ? fmt::format(" ({})", symbol) : fmt::format(" (errno {})", last_errno);
            }
        }
    }
    return text;
}

/// Per second, between two counts taken at these times; 0 when they make no sense together.
double rate(std::uint64_t was, std::uint64_t was_at_ns, std::uint64_t is, std::uint64_t is_at_ns) {
    if (is < was || is_at_ns <= was_at_ns) {
        return 0;
    }
    return static_cast<double>(is - was) / (static_cast<double>(is_at_ns - was_at_ns) / kNsPerS);
}

/// What fits on the terminal, so that redrawing it never scrolls; no more than a few lines of one anywhere.
std::string cut_to_width(const std::string& line, int fd) {
    constexpr std::size_t kWidest = 400;
    winsize size{};
    const bool known = ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return std::string(head_columns(printable(line), known ? size.ws_col - 1U : kWidest));
}

/// A thread that takes no signals: they are for the thread that runs the guest.
template <class Body>
std::thread quiet_thread(Body body) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    std::thread thread(std::move(body));
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return thread;
}

}  // namespace

void RunState::enter(std::string phase, std::uint64_t now_ns) {
    phase_ = std::move(phase);
    phase_since_ns_ = now_ns;
}

void RunState::observe(const Observation& observation, std::uint64_t now_ns) {
    if (const auto* phase = std::get_if<seen::Phase>(&observation)) {
        enter(phase->name, now_ns);
    } else if (const auto* counters = std::get_if<seen::Counters>(&observation)) {
        if (counters_) {
            ios_per_s_ =
                rate(value(counters_->load, "ios"), counters_->at_ns, value(counters->load, "ios"), counters->at_ns);
            swap_out_per_s_ = kPageSize * rate(value(counters_->coverage, "swapped_out_pages"), counters_->at_ns,
                                               value(counters->coverage, "swapped_out_pages"), counters->at_ns);
        }
        counters_ = *counters;
    }
}

void RunState::so_far(const Judgement& judgement) {
    trials_ = judgement.trials;
    verdict_ = judgement.verdict;
}

std::string RunState::line(std::uint64_t now_ns) const {
    const auto elapsed = static_cast<double>(now_ns - std::min(now_ns, phase_since_ns_)) / kNsPerS;
    std::string text = phase_ == seen::kLoadPhase ? fmt::format("load {:.0f}/{} s", elapsed, planned_load_.count())
                                                  : fmt::format("{} {:.0f} s", phase_, elapsed);
    if (counters_) {
        text += fmt::format(", {:.0f} IO/s, swap-out {:.1f} MiB/s, {} cgroups, {} trials", ios_per_s_,
                            swap_out_per_s_ / kMiB, value(counters_->load, "cgroups_created"), trials_);
        text += triggers_in_words(counters_->load);
    }
    if (verdict_) {
        text += fmt::format(", so far {}", to_string(*verdict_));
    }
    return text;
}

Progress::Progress(int fd, Kind kind, std::chrono::seconds planned_load) : fd_(fd), kind_(kind), state_(planned_load) {
    if (kind_ != Kind::none) {
        redrawer_ = quiet_thread([this] { redraw_until_stopped(); });
    }
}

Progress::~Progress() {
    if (!redrawer_.joinable()) {
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    stop_.notify_one();
    redrawer_.join();
    if (kind_ == Kind::live) {
        static_cast<void>(show(fd_, blkhang::shown("\r\x1b[K")));
    }
}

void Progress::enter(const std::string& phase) {
    const std::lock_guard lock(mutex_);
    state_.enter(phase, monotonic_ns());
}

void Progress::observe(const Observation& observation) {
    const std::lock_guard lock(mutex_);
    state_.observe(observation, monotonic_ns());
}

bool Progress::asks_so_far() {
    const std::lock_guard lock(mutex_);
    const std::uint64_t now = monotonic_ns();
    if (kind_ == Kind::none || now - judged_ns_ < kJudgedIntervalNs) {
        return false;
    }
    judged_ns_ = now;
    return true;
}

void Progress::so_far(const Judgement& judgement) {
    const std::lock_guard lock(mutex_);
    state_.so_far(judgement);
}

void Progress::redraw_until_stopped() {
    std::unique_lock lock(mutex_);
    while (!stop_.wait_for(lock, kLiveInterval, [this] { return stopped_; })) {
        draw();
    }
}

void Progress::draw() {
    const std::uint64_t now = monotonic_ns();
    // A terminal that went away must not end the run: there is nobody to tell.
    if (kind_ == Kind::live) {
        static_cast<void>(show(fd_, blkhang::shown("\r\x1b[K{}", cut_to_width(state_.line(now), fd_))));
        return;
    }
    if (state_.phase() != drawn_phase_ || now - drawn_ns_ >= kPlainIntervalNs) {
        drawn_phase_ = state_.phase();
        drawn_ns_ = now;
        static_cast<void>(show(fd_, blkhang::shown("{}\n", cut_to_width(state_.line(now), fd_))));
    }
}

}  // namespace blkhang
