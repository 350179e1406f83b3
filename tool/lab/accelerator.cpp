// SPDX-License-Identifier: GPL-2.0-only
#include "lab/accelerator.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "base/signals.h"
#include "lab/cache.h"

namespace blkhang {

namespace fs = std::filesystem;

namespace {

constexpr auto kTrialBoot = std::chrono::seconds(5);

/// What an answer is good for: this boot of the host, this image. Empty when it cannot be told.
std::string question(const fs::path& image) {
    std::error_code problem;
    const auto written = fs::last_write_time(image, problem).time_since_epoch().count();
    const auto boot = read_file("/proc/sys/kernel/random/boot_id");
    return problem || !boot ? std::string() : fmt::format("{} {} {}", *boot, image.string(), written);
}

}  // namespace

Result<bool> boots_with(Accelerator accelerator, const fs::path& kernel_image, Deadline deadline) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return fail_errno("cannot make a socket pair");
    }
    const Fd ours(ends[0]);
    Fd theirs(ends[1]);
    const Fd null(::open("/dev/null", O_WRONLY | O_CLOEXEC));
    Machine machine;
    machine.accelerator = accelerator;
    machine.kernel = kernel_image;
    machine.command_line = "console=ttyS0 earlyprintk=serial panic=-1";
    machine.memory = 256U << 20;
    machine.console = theirs.get();
    machine.messages = null.get();
    auto qemu = start_qemu(machine);
    if (!qemu) {
        return fail(qemu.error());
    }
    theirs.reset();
    constexpr std::string_view kGreeting = "Linux version";
    std::string said;
    while (!deadline.passed() && !interrupted()) {
        pollfd waiting{ours.get(), POLLIN, 0};
        if (::poll(&waiting, 1, static_cast<int>(deadline.remaining().count())) <= 0) {
            continue;
        }
        char buffer[4096];
        const ssize_t got = ::read(ours.get(), buffer, sizeof buffer);
        if (got <= 0) {
            break;
        }
        said.append(buffer, static_cast<std::size_t>(got));
        if (said.find(kGreeting) != std::string::npos) {
            return true;
        }
        said.erase(0, said.size() - std::min(said.size(), kGreeting.size()));  // it may come in two parts
    }
    return false;
}

Accelerator choose_accelerator(const fs::path& kernel_image) {
    if (!Fd(::open("/dev/kvm", O_RDWR | O_CLOEXEC)).valid()) {
        return Accelerator::tcg;
    }
    const std::string asked = question(kernel_image);
    const auto cache = cache_directory();
    fs::path kept;
    if (cache && !asked.empty()) {
        kept = *cache / "accelerator" / content_key(kernel_image.string());
        const auto answer = read_file(kept);
        for (const Accelerator each : {Accelerator::kvm, Accelerator::tcg}) {
            if (answer && *answer == fmt::format("{}\n{}", to_string(each), asked)) {
                return each;
            }
        }
    }
    spdlog::debug("trying whether KVM boots {}", kernel_image.string());
    const auto works = boots_with(Accelerator::kvm, kernel_image, Deadline::after(kTrialBoot));
    const Accelerator chosen = works && *works ? Accelerator::kvm : Accelerator::tcg;
    if (!interrupted() && works && !kept.empty()) {
        (void)make_directories(kept.parent_path());
        // Only a matter of seconds next time: a full disk must not stop the run here.
        if (const Status saved = replace_file(kept, fmt::format("{}\n{}", to_string(chosen), asked)); !saved) {
            spdlog::debug("{}", saved.error().message());
        }
    }
    return chosen;
}

}  // namespace blkhang
