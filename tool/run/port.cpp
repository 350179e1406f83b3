// SPDX-License-Identifier: GPL-2.0-only
#include "run/port.h"

#include <fcntl.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include <fmt/format.h>

#include "base/file.h"
#include "record/stream.h"

namespace blkhang {
namespace {

namespace fs = std::filesystem;

// The driver copies each write into a buffer of its own (drivers/char/virtio_console.c, port_fops_write). More than a
// page at once would ask for neighbouring pages, which a thrashing machine has not got.
constexpr std::size_t kChunk = 2048;

constexpr auto kLookPeriod = std::chrono::milliseconds(10);

/// Empty if there is no such port yet.
fs::path find_device(std::string_view name) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/sys/class/virtio-ports", error)) {
        const auto found = read_file(entry.path() / "name");
        if (found && found->starts_with(name)) {
            return fs::path("/dev") / entry.path().filename();
        }
    }
    return {};
}

}  // namespace

Result<Port> Port::find_virtio(std::string_view name, Deadline deadline) {
    for (;;) {
        const auto device = find_device(name);
        if (!device.empty()) {
            Fd fd{::open(device.c_str(), O_WRONLY | O_CLOEXEC)};
            if (!fd.valid()) {
                return fail_errno(fmt::format("opening {}", device.string()));
            }
            return Port(std::move(fd));
        }
        if (deadline.passed()) {
            return fail(Fault::broken, fmt::format("the guest has no virtio-serial port named {}", name));
        }
        std::this_thread::sleep_for(kLookPeriod);
    }
}

void Port::send(const Observation& observation) {
    const auto line = encode(observation) + "\n";
    for (std::string_view rest = line; !rest.empty();) {
        const auto chunk = rest.substr(0, kChunk);
        if (!write_all(fd_.get(), chunk)) {
            return;
        }
        rest.remove_prefix(chunk.size());
    }
}

bool Port::send_at_once(std::string_view short_proof) { return page_ && *page_ && (*page_)->write(short_proof); }

std::vector<seen::Tier::Missing> Port::missing() const {
    if (!page_ || *page_) {
        return {};
    }
    return {{"page for the proof", page_->error().message()}};
}

}  // namespace blkhang
