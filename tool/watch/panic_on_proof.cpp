// SPDX-License-Identifier: GPL-2.0-only
#include "watch/panic_on_proof.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "machine/host_reader.h"
#include "watch/kernel_log_marks.h"

namespace blkhang {
namespace {

constexpr int kLooks = 2;
/// As far apart as `blkhang diagnose` wants looks to be; meanwhile what was told gets out by other ways, too.
constexpr auto kBetweenLooks = std::chrono::milliseconds(1200);

/// With the stacks of all blocked tasks before it, twice, so that what is kept of the log shows that they do not move.
Status panic(const Fd& trigger, std::chrono::milliseconds between_looks, const KernelLogMarks& log) {
    for (int look = 0; look < kLooks; ++look) {
        std::this_thread::sleep_for(between_looks);
        static_cast<void>(!::write(trigger.get(), "w", 1));
    }
    static_cast<void>(log.mark("this host panics now, for the hang that was proven (--panic-on-proof)"));
    if (::write(trigger.get(), "c", 1) != 1) {
        return fail_errno("making the kernel panic");
    }
    return fail(Fault::broken, "the kernel did not panic");
}

}  // namespace

std::vector<std::string> reasons_against_panic(const CrashKeepers& keepers) {
    std::vector<std::string> reasons;
    if (!keepers.kdump_loaded && !keepers.panic_timeout) {
        reasons.emplace_back("what comes after a panic could not be read (kernel.panic)");
    } else if (!keepers.kdump_loaded && *keepers.panic_timeout == 0) {
        reasons.emplace_back("it would stand still after a panic: kernel.panic is 0, and no kdump is loaded");
    }
    return reasons;
}

Result<std::unique_ptr<PanicOnProof>> PanicOnProof::prepare(const HostRoots& roots) {
    HostReader reader(roots);
    const auto keepers = read_crash_keepers(reader);
    auto reasons = reasons_against_panic(keepers);
    Fd trigger{::open((roots.proc / "sysrq-trigger").c_str(), O_WRONLY | O_CLOEXEC)};
    if (!trigger.valid()) {
        reasons.push_back(Error::from_errno(errno, (roots.proc / "sysrq-trigger").string()).message());
    }
    if (!reasons.empty()) {
        return fail(Error(Fault::unsupported,
                          fmt::format("--panic-on-proof makes no sense on this host: {}", fmt::join(reasons, "; ")))
                        .hint("sysctl kernel.panic=10 has it reboot after a panic; see `blkhang check`"));
    }
    const bool keeps = keepers.kdump_loaded || !keepers.pstore.empty();
    return std::unique_ptr<PanicOnProof>(new PanicOnProof(
        std::move(trigger), keeps ? "" : "nothing here keeps a panic: there is no pstore backend, and no kdump"));
}

Status PanicOnProof::begin() { return panic(trigger_, kBetweenLooks, KernelLogMarks()); }

void PanicOnProof::rehearse() {
    const Fd nothing{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
    static_cast<void>(panic(nothing, std::chrono::milliseconds(0), KernelLogMarks("/dev/null")));
}

}  // namespace blkhang
