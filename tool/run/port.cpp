// SPDX-License-Identifier: GPL-2.0-only
#include "run/port.h"

#include <fcntl.h>
#include <termios.h>

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
fs::path find_device(const fs::path& ports, const fs::path& dev, std::string_view name) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(ports, error)) {
        const auto found = read_file(entry.path() / "name");
        if (found && found->starts_with(name)) {
            return dev / entry.path().filename();
        }
    }
    return {};
}

/// Bytes go out as they are.
Status make_raw(const Fd& line) {
    termios settings{};
    if (::tcgetattr(line.get(), &settings) != 0) {
        return fail_errno("asking for its settings");
    }
    ::cfmakeraw(&settings);
    ::cfsetspeed(&settings, B115200);
    settings.c_cflag |= CLOCAL;
    return ::tcsetattr(line.get(), TCSANOW, &settings) == 0 ? Status{} : fail_errno("changing its settings");
}

Result<Fd> open_port(const fs::path& device) {
    // Whoever opens a serial line without a carrier waits for one; and it must not become a terminal of ours.
    Fd fd{::open(device.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)};
    if (!fd.valid() || ::fcntl(fd.get(), F_SETFL, O_WRONLY) != 0) {
        return fail_errno(fmt::format("opening {}", device.string()));
    }
    return fd;
}

}  // namespace

Result<Port> Port::find(std::string_view name, std::string_view serial, Deadline deadline, const Roots& roots) {
    const auto ports = roots.sys / "class/virtio-ports";
    while (is_there(ports) && !deadline.passed()) {
        const auto device = find_device(ports, roots.dev, name);
        if (!device.empty()) {
            auto fd = open_port(device);
            return fd ? Result<Port>(Port(std::move(*fd))) : fail(fd.error());
        }
        std::this_thread::sleep_for(kLookPeriod);
    }
    const auto line = roots.dev / serial;
    auto fd = open_port(line);
    const auto ready = fd ? make_raw(*fd) : fail(fd.error());
    if (!ready) {
        return fail(Fault::broken, fmt::format("the guest has no virtio-serial port named {}, nor a serial one: {}: {}",
                                               name, line.string(), ready.error().message()));
    }
    return Port(std::move(*fd), true);
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
