// SPDX-License-Identifier: GPL-2.0-only
#include "watch/watchdog_device.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/watchdog.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "machine/host_reader.h"

namespace blkhang {
namespace {

/// From the start to the reset: soon, and yet time for the watch to take it back.
constexpr int kTimeoutS = 10;
/// A watch that stops while it runs has to be noticed before (hold_policy.cpp).
constexpr int kLeastTimeoutS = 6;

std::string names_of(const std::vector<Watchdog>& watchdogs) {
    std::vector<std::string> names;
    names.reserve(watchdogs.size());
    for (const auto& watchdog : watchdogs) {
        names.push_back(fmt::format("/dev/{} ({})", watchdog.name, watchdog.driver));
    }
    return names.empty()
               ? "this host has none: the board's driver would bring one (iTCO_wdt, sp5100_tco, ipmi_watchdog)"
               : fmt::format("this host has {}", fmt::join(names, ", "));
}

bool set_running(const Fd& fd, int option) { return ::ioctl(fd.get(), WDIOC_SETOPTIONS, &option) == 0; }

}  // namespace

std::vector<std::string> reasons_against(const Watchdog& watchdog) {
    std::vector<std::string> reasons;
    if (!watchdog.state_told) {
        reasons.emplace_back("whether it is free and can be stopped again is not told in /sys/class/watchdog");
    }
    if (watchdog.no_way_out) {
        reasons.emplace_back("it could never be stopped again (nowayout): were the watch to end, the host would reset");
    }
    if (watchdog.taken) {
        reasons.emplace_back("it runs already: it is taken by somebody who feeds it");
    }
    return reasons;
}

Result<WatchdogDevice> WatchdogDevice::take(const std::filesystem::path& path, const HostRoots& roots) {
    HostReader reader(roots);
    const auto watchdogs = read_watchdogs(reader);
    std::error_code error;
    const auto resolved = std::filesystem::canonical(path, error);
    const auto named = error ? path.filename().string() : resolved.filename().string();
    const auto watchdog = std::ranges::find(watchdogs, named, &Watchdog::name);
    struct stat found {};
    if (error || ::stat(resolved.c_str(), &found) != 0 || !S_ISCHR(found.st_mode) || watchdog == watchdogs.end()) {
        return fail(Error(Fault::unsupported, fmt::format("{} is no watchdog of this kernel's", path.string()))
                        .hint(names_of(watchdogs)));
    }
    if (const auto reasons = reasons_against(*watchdog); !reasons.empty()) {
        return fail(
            Error(Fault::unsupported,
                  fmt::format("{} ({}) is not taken: {}", path.string(), watchdog->driver, fmt::join(reasons, "; ")))
                .hint("`blkhang check` tells of all watchdogs; see who has it with fuser, and nowayout among its "
                      "driver's parameters"));
    }
    WatchdogDevice device(Fd{::open(resolved.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY)});
    if (!device.fd_.valid()) {
        return fail(Error::from_errno(errno, path.string() + (errno == EBUSY ? " is taken by somebody" : ""),
                                      Fault::unsupported)
                        .hint("systemd (RuntimeWatchdogSec=), sbd, watchdogd and the like keep one open: see fuser"));
    }
    // First, so that it is stopped even if we die right now.
    const bool allowed = device.allow_stop();
    watchdog_info info{};
    const bool has_magic_close =
        ::ioctl(device.fd_.get(), WDIOC_GETSUPPORT, &info) == 0 && (info.options & WDIOF_MAGICCLOSE) != 0;
    if (!device.stop() || !allowed || !has_magic_close) {
        return fail(Fault::unsupported,
                    fmt::format("{} ({}) cannot be stopped while it is open, or not by a magic close: it was closed "
                                "again",
                                path.string(), watchdog->driver));
    }
    device.read_timeout();
    device.found_timeout_s_ = device.timeout_s_;
    if (device.timeout_s_ < kLeastTimeoutS) {
        device.shorten_timeout();  // here, to a longer one
    }
    if (device.timeout_s_ < kLeastTimeoutS) {
        return fail(Fault::unsupported,
                    fmt::format("{} bites after {} s: too soon to take that back", path.string(), device.timeout_s_));
    }
    if (reader.text(roots.sys / "class/watchdog" / watchdog->name / "state") != "inactive") {
        return fail(Fault::unsupported, fmt::format("{} ({}) goes on running when it is stopped: it was closed again",
                                                    path.string(), watchdog->driver));
    }
    return device;
}

/// The last thing that is written to it: then the kernel stops it when it is closed.
bool WatchdogDevice::allow_stop() const { return ::write(fd_.get(), "V", 1) == 1; }

void WatchdogDevice::read_timeout() {
    int seconds = 0;
    if (::ioctl(fd_.get(), WDIOC_GETTIMEOUT, &seconds) == 0) {
        timeout_s_ = seconds;
    }
}

/// Unless somebody has had it do something before, for which there would be no time then. What the device cannot do it
/// refuses or rounds.
void WatchdogDevice::shorten_timeout() {
    int before = 0;
    if (::ioctl(fd_.get(), WDIOC_GETPRETIMEOUT, &before) == 0 && before >= kTimeoutS) {
        return;
    }
    int seconds = kTimeoutS;
    if (::ioctl(fd_.get(), WDIOC_SETTIMEOUT, &seconds) == 0) {
        read_timeout();
    }
}

bool WatchdogDevice::start() {
    shorten_timeout();
    return allow_stop() && set_running(fd_, WDIOS_ENABLECARD);
}

bool WatchdogDevice::stop() { return set_running(fd_, WDIOS_DISABLECARD); }

bool WatchdogDevice::give_back() {
    const bool stopped = stop();
    if (timeout_s_ != found_timeout_s_) {
        int seconds = found_timeout_s_;
        static_cast<void>(::ioctl(fd_.get(), WDIOC_SETTIMEOUT, &seconds));
    }
    const bool allowed = allow_stop();
    fd_.reset();
    return stopped || allowed;
}

}  // namespace blkhang
