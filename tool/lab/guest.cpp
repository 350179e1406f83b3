// SPDX-License-Identifier: GPL-2.0-only
#include "lab/guest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/limits.h"
#include "base/line_page.h"
#include "base/signals.h"
#include "lab/accelerator.h"
#include "lab/boot_state.h"
#include "lab/busy_host.h"
#include "lab/console.h"
#include "lab/digest.h"
#include "lab/image.h"
#include "lab/line_splitter.h"
#include "lab/qemu.h"
#include "lab/qemu_control.h"

namespace blkhang {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The stream's last line says that the run ended in good order; the guest then powers itself off.
constexpr std::string_view kEndLine = R"({"t":"end")";
constexpr seconds kPowerOffLimit{10};
// What a guest says when all is ready for its load.
constexpr std::string_view kPhaseLine = R"({"t":"phase")";
constexpr std::string_view kOfTheLoad = R"("name":"load"})";
constexpr std::size_t kMostHeard = 1 << 20;  // until then, or its state is not kept
constexpr seconds kControlLimit{5};          // for QEMU to do as it is told
constexpr seconds kStateLimit{60};           // to write or read a machine's state: a second or two
// All that is taken from the shared page: whatever else a guest may write there, it is no observation.
constexpr std::string_view kProofLine = R"({"t":"proof")";
constexpr std::array kBaseModules{"virtio_pci", "virtio_blk", "virtio_console"};

struct Channel {
    Fd ours, theirs;
};

Result<Channel> make_channel() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        return fail_errno("cannot make a socket pair for a guest");
    }
    Channel channel{Fd(ends[0]), Fd(ends[1])};
    ::fcntl(channel.ours.get(), F_SETFL, O_NONBLOCK);
    return channel;
}

/// Memory that looks like a file: sparse, and gone with the last process that has it open.
Result<Fd> make_memory(const char* name, std::uint64_t size) {
    Fd memory(::memfd_create(name, MFD_CLOEXEC));
    if (!memory.valid() || ::ftruncate(memory.get(), static_cast<off_t>(size)) != 0) {
        return fail_errno(fmt::format("cannot make a {} of {} bytes", name, size));
    }
    return memory;
}

/// Reads what is there, but no more than is good at once. Is there more?
bool drain(Fd& from, const std::function<void(std::string_view)>& chunk) {
    char buffer[65536];
    for (std::size_t taken = 0; from.valid() && taken < limits::kReadAtOnce;) {
        const ssize_t got = ::read(from.get(), buffer, sizeof buffer);
        if (got > 0) {
            chunk(std::string_view(buffer, static_cast<std::size_t>(got)));
            taken += static_cast<std::size_t>(got);
        } else if (got < 0 && errno == EINTR) {
            continue;
        } else if (got < 0 && errno == EAGAIN) {
            return false;
        } else {
            from.reset();
        }
    }
    return from.valid();
}

/// QEMU and our ends of what leads to it.
struct StartedGuest {
    Child qemu;
    Fd stream, serial, page, console, messages;
    std::vector<Fd> disks;
    std::optional<QemuControl> control;
    std::optional<BootState::Heard> heard = {};  ///< of one that goes on from another's state: what that had said
};

/// A running guest and what is known about it so far.
class RunningGuest {
public:
    /// `state`: where it leaves its own when it is ready for its load; null: nowhere. Outlives this.
    RunningGuest(const GuestPlan& plan, StartedGuest guest, BootState* state, const GuestListener& listener)
        : plan_(plan),
          qemu_(std::move(guest.qemu)),
          stream_(std::move(guest.stream)),
          serial_(std::move(guest.serial)),
          page_(std::move(guest.page)),
          console_socket_(std::move(guest.console)),
          messages_(std::move(guest.messages)),
          disks_(std::move(guest.disks)),
          control_(std::move(guest.control)),
          state_(state),
          listener_(listener) {
        if (guest.heard) {
            take_console(guest.heard->console);
            take_stream(guest.heard->stream);
        }
    }

    GuestOutcome run() {
        for (;;) {
            wait_for_news();
            // Order matters: what a guest wrote before its end is still in the sockets after it.
            const std::optional<int> ended = qemu_.poll();
            read_all();
            if (state_ != nullptr && is_ready_) {
                keep_state();
            }
            if (ended) {
                read_rest();
                return after_end(*ended);
            }
            if (interrupted()) {
                return outcome(GuestOutcome::End::interrupted, "interrupted");
            }
            if (auto over = check_limits()) {
                return *over;
            }
        }
    }

private:
    void wait_for_news() const {
        std::array<pollfd, 4> sources{{{stream_.get(), POLLIN, 0},
                                       {serial_.get(), POLLIN, 0},
                                       {console_socket_.get(), POLLIN, 0},
                                       {messages_.get(), POLLIN, 0}}};
        // Closed ones are negative, which poll() skips. The limit bounds how late an interrupt or an end is noticed.
        ::poll(sources.data(), sources.size(), 100);
    }

    /// Is there more?
    bool read_all() {
        read_page();
        const bool more_lines = drain(stream_, [&](std::string_view chunk) { take_stream(chunk); });
        const bool more_of_serial = drain(serial_, [&](std::string_view chunk) { split(chunk, serial_lines_); });
        const bool more_console = drain(console_socket_, [&](std::string_view chunk) { take_console(chunk); });
        drain(messages_, [&](std::string_view chunk) {
            qemu_said_.append(chunk.substr(0, limits::kQemuMessages - qemu_said_.size()));
        });
        return more_lines || more_of_serial || more_console;
    }

    void take_stream(std::string_view chunk) {
        remember(heard_.stream, chunk);
        split(chunk, lines_);
    }

    void take_console(std::string_view chunk) {
        remember(heard_.console, chunk);
        console_.feed(chunk);
        listener_.console(chunk);
    }

    void split(std::string_view chunk, LineSplitter& lines) {
        lines.feed(chunk, [&](std::string_view line, std::uint64_t cut) { take_line(line, cut); });
    }

    /// For those who go on from its state.
    void remember(std::string& heard, std::string_view chunk) {
        if (state_ != nullptr) {
            heard.append(chunk);
            if (heard.size() > kMostHeard) {
                state_ = nullptr;
            }
        }
    }

    /// A guest stands still meanwhile; whatever fails, it goes on, and the next of its kind boots, too.
    void keep_state() {
        auto stopped = control_->stop(Deadline::after(kControlLimit));
        while (stopped && read_all() && !life_.passed()) {  // what it said until then is part of what it was
        }
        if (stopped && state_ != nullptr) {
            std::vector<int> disks;
            for (const Fd& disk : disks_) {
                disks.push_back(disk.get());
            }
            stopped = state_->keep(heard_, disks,
                                   [&](int file) { return control_->save(file, Deadline::after(kStateLimit)); });
        }
        if (auto going = control_->go_on(Deadline::after(kControlLimit)); !going) {
            spdlog::warn("a guest that was stopped may not have gone on: {}", going.error().message());
        }
        if (!stopped) {
            spdlog::warn("{}", stopped.error().message());
        }
        state_ = nullptr;
        heard_ = {};
    }

    /// What the guest left behind.
    void read_rest() {
        while (read_all() && !life_.passed() && !interrupted()) {
        }
    }

    /// No line is begun after the run's end: each may take a moment, and a guest can send many.
    void take_line(std::string_view line, std::uint64_t cut) {
        if (life_.passed() || interrupted()) {
            return;
        }
        silence_ = Deadline::after(plan_.silence_limit);
        if (cut > 0) {
            listener_.overlong_line(line.size() + cut);
            return;
        }
        if (line.starts_with(kEndLine) && !power_off_) {
            power_off_ = Deadline::after(kPowerOffLimit);
        }
        is_ready_ = is_ready_ || (line.starts_with(kPhaseLine) && line.ends_with(kOfTheLoad));
        listener_.line(line);
    }

    /// Before the stream, in which the same proof may come with more.
    void read_page() {
        const auto line = page_.valid() ? get_line(page_.get()) : std::nullopt;
        if (line) {
            page_.reset();
            if (line->starts_with(kProofLine) && line->find('\n') == std::string::npos) {
                listener_.line(*line);
            }
        }
    }

    std::optional<GuestOutcome> check_limits() {
        using End = GuestOutcome::End;
        if (power_off_) {
            if (!power_off_->passed() && !life_.passed()) {
                return std::nullopt;
            }
            auto result = outcome(End::finished, "did not power itself off");
            result.stayed_on = true;
            return result;
        }
        if (life_.passed()) {
            return outcome(silence_ ? End::timed_out : End::did_not_boot,
                           fmt::format("still running after {} s", plan_.run_limit.count()));
        }
        if (!silence_) {
            return boot_.passed() ? std::optional(outcome(End::did_not_boot, fmt::format("no sign of life within {} s",
                                                                                         boot_limit_.count())))
                                  : std::nullopt;
        }
        return silence_->passed()
                   ? std::optional(outcome(End::lost, fmt::format("silent for {} s", plan_.silence_limit.count())))
                   : std::nullopt;
    }

    GuestOutcome after_end(int exit_code) {
        using End = GuestOutcome::End;
        if (power_off_) {
            return outcome(End::finished, "");
        }
        const std::string how =
            exit_code == 0 ? "the guest stopped" : fmt::format("QEMU ended with status {}", exit_code);
        return outcome(silence_ ? End::lost : End::did_not_boot, how);
    }

    /// Everything known that may explain the end, most telling first.
    GuestOutcome outcome(GuestOutcome::End end, std::string detail) {
        const auto add = [&](const std::string& more) { detail += detail.empty() ? more : "; " + more; };
        if (end != GuestOutcome::End::finished && end != GuestOutcome::End::interrupted) {
            if (!console_.trouble().empty()) {
                add(console_.trouble());
            } else if (!console_.tail().empty()) {
                add("console: " + console_.tail());
            }
            if (!qemu_said_.empty()) {
                add("QEMU: " + qemu_said_.substr(0, qemu_said_.find_last_not_of('\n') + 1));
            }
        }
        if (const auto torn = lines_.torn() + serial_lines_.torn(); torn > 0) {
            add(fmt::format("{} bytes of a torn last line dropped", torn));
        }
        return {end, detail, {}, false};
    }

    const GuestPlan& plan_;
    Child qemu_;
    Fd stream_, serial_, page_, console_socket_, messages_;
    std::vector<Fd> disks_;
    std::optional<QemuControl> control_;
    BootState* state_;
    const GuestListener& listener_;
    BootState::Heard heard_;  ///< all, as long as its state may be kept
    bool is_ready_ = false;   ///< for its load
    LineSplitter lines_{limits::kLine}, serial_lines_{limits::kLine};
    Console console_;
    std::string qemu_said_;
    std::chrono::seconds boot_limit_ = on_this_busy_host(plan_.boot_limit);
    Deadline life_ = Deadline::after(plan_.run_limit);
    Deadline boot_ = Deadline::after(boot_limit_);
    std::optional<Deadline> silence_;    ///< set by each line
    std::optional<Deadline> power_off_;  ///< set by the line that says that it is the last
};

ImageContent image_content(const GuestPlan& plan) {
    ImageContent content;
    content.modules.assign(kBaseModules.begin(), kBaseModules.end());
    content.modules.insert(content.modules.end(), plan.modules.begin(), plan.modules.end());
    content.plant = plan.plant;
    content.job = plan.job;
    content.programs = plan.programs;
    content.files = plan.files;
    return content;
}

/// What guests in the guest boot: the same kernel, with the same program and a job of their own.
Result<Fd> inner_image(const GuestPlan& plan) {
    ImageContent content;
    content.modules = {"virtio_pci", "virtio_blk"};
    content.job = plan.inner_job;
    return make_image(plan.kernel, content);
}

/// What it is, but for what leads to it.
Machine machine_of(const GuestPlan& plan, int image) {
    Machine machine;
    machine.accelerator = choose_accelerator(plan.kernel.image);
    machine.kernel = plan.kernel.image;
    machine.command_line = kernel_command_line(plan.possible_cpus);
    machine.memory = plan.memory;
    machine.cpus = plan.cpus;
    machine.possible_cpus = plan.possible_cpus;
    machine.initramfs = image;
    return machine;
}

/// From a kept state, which has not to be there if it is null.
Result<StartedGuest> start(Machine machine, const std::vector<std::uint64_t>& disks, bool controlled,
                           const BootState* from) {
    auto stream = make_channel();
    auto serial = make_channel();
    auto console = make_channel();
    auto messages = make_channel();
    auto control = make_channel();
    for (const auto* channel : {&stream, &serial, &console, &messages, &control}) {
        if (!*channel) {
            return fail(channel->error());
        }
    }
    auto page = make_memory("blkhang-page", kLinePageSize);
    if (!page) {
        return fail(page.error());
    }
    machine.console = console->theirs.get();
    machine.stream = stream->theirs.get();
    machine.serial_stream = serial->theirs.get();
    machine.page = page->get();
    machine.messages = messages->theirs.get();
    machine.control = controlled ? control->theirs.get() : -1;
    std::vector<Fd> memories;
    for (const std::uint64_t size : disks) {
        auto disk = make_memory("blkhang-disk", size);
        if (!disk) {
            return fail(disk.error());
        }
        machine.disks.push_back(disk->get());
        memories.push_back(std::move(*disk));
    }
    std::optional<BootState::Heard> heard;
    Fd state;
    if (from != nullptr) {
        auto restored = from->restore(machine.disks);
        auto file = from->machine_state();
        if (!restored || !file) {
            return fail(restored ? file.error() : restored.error());
        }
        heard = std::move(*restored);
        state = std::move(*file);
        machine.state = state.get();
    }
    auto qemu = start_qemu(machine);
    if (!qemu) {
        return fail(qemu.error());
    }
    // Only QEMU holds the far ends from here on, so that they close with it.
    for (auto* channel : {&stream, &serial, &console, &messages, &control}) {
        (*channel)->theirs.reset();
    }
    StartedGuest guest{std::move(*qemu),         std::move(stream->ours),   std::move(serial->ours), std::move(*page),
                       std::move(console->ours), std::move(messages->ours), std::move(memories),     {},
                       std::move(heard)};
    if (controlled) {
        auto opened = QemuControl::open(std::move(control->ours), Deadline::after(on_this_busy_host(kControlLimit)));
        if (!opened) {
            return fail(opened.error());
        }
        guest.control = std::move(*opened);
    }
    return guest;
}

/// A guest that goes on from a kept state, and is on its way.
Result<StartedGuest> go_on(const Machine& machine, const std::vector<std::uint64_t>& disks, const BootState& state) {
    auto guest = start(machine, disks, true, &state);
    if (!guest) {
        return guest;
    }
    const auto going = guest->control->wait_for_state(Deadline::after(kStateLimit)).and_then([&] {
        return guest->control->go_on(Deadline::after(kControlLimit));
    });
    return going ? std::move(guest) : fail_within(going.error(), "going on from a kept state");
}

/// All that makes one machine the same as another: QEMU's command line, and what it boots.
Result<BootState> open_state(int file, const Machine& machine, const std::vector<std::uint64_t>& disks) {
    const Fd kernel(::open(machine.kernel.c_str(), O_RDONLY | O_CLOEXEC));
    const auto booted = kernel.valid() ? digest_of_file(kernel.get()) : fail_errno(machine.kernel.string());
    const auto image = digest_of_file(machine.initramfs);
    if (!booted || !image) {
        return fail(booted ? image.error() : booted.error());
    }
    std::vector<Child::Inherit> descriptors;
    return BootState::open(file, digest(fmt::format("{} {} {} {}", fmt::join(qemu_arguments(machine, descriptors), " "),
                                                    fmt::join(disks, " "), *booted, *image)));
}

}  // namespace

Result<GuestOutcome> run_guest(const GuestPlan& plan, const GuestListener& listener) {
    auto content = image_content(plan);
    Fd inner;
    if (!plan.inner_job.empty()) {
        auto made = inner_image(plan);
        if (!made) {
            return fail_within(made.error(), "making the image of guests in the guest");
        }
        inner = std::move(*made);
        content.files[kInnerKernel] = plan.kernel.image;
        content.files[kInnerInitramfs] = fmt::format("/proc/self/fd/{}", inner.get());
    }
    const auto image = make_image(plan.kernel, content);
    if (!image) {
        return fail_within(image.error(), "making the guest's image");
    }
    const auto machine = machine_of(plan, image->get());
    std::optional<BootState> state;
    if (plan.boot_state >= 0) {
        auto opened = open_state(plan.boot_state, machine, plan.disks);
        if (!opened) {
            return fail(opened.error());
        }
        state = std::move(*opened);
    }
    const bool goes_on = state && state->is_kept();
    auto guest = goes_on ? go_on(machine, plan.disks, *state)
                         : start(machine, plan.disks, state && state->is_awaited(plan.memory), nullptr);
    if (!guest && goes_on) {
        spdlog::warn("{}; it boots instead", guest.error().message());
        guest = start(machine, plan.disks, false, nullptr);
    }
    if (!guest) {
        return fail(guest.error());
    }
    const bool booted = !guest->heard;
    BootState* const to_keep = guest->control && booted ? &*state : nullptr;
    GuestOutcome outcome = RunningGuest(plan, std::move(*guest), to_keep, listener).run();
    outcome.accelerator = to_string(machine.accelerator);
    outcome.booted = booted;
    return outcome;
}

}  // namespace blkhang
