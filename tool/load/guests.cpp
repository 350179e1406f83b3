// SPDX-License-Identifier: GPL-2.0-only
#include "load/guests.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/sizes.h"
#include "load/boot_sector.h"
#include "load/guest_console.h"
#include "load/guest_machine.h"
#include "stage/child.h"

namespace blkhang {
namespace {

using std::chrono::milliseconds;

constexpr auto kPeriod = milliseconds(50);
constexpr auto kSignOfLife = std::chrono::seconds(1);

/// A real image takes longer to boot than a kernel with one program.
GuestPatience patience_with_image(GuestPatience patience) {
    constexpr int kTimes = 3;
    patience.test_boot *= kTimes;
    patience.first *= kTimes;
    return patience;
}

std::chrono::milliseconds in_all(const GuestPatience& patience, std::uint32_t guests) {
    return patience.test_boot + patience.first + patience.further * guests;
}

struct Pair {
    Fd ours, theirs;
};
Result<Pair> make_pair_of_sockets() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return fail_errno("making a socket pair for a virtual machine");
    }
    Pair pair{Fd(ends[0]), Fd(ends[1])};
    ::fcntl(pair.ours.get(), F_SETFL, O_NONBLOCK);
    return pair;
}

/// One virtual machine as whoever started it knows it.
struct Running {
    pid_t pid = -1;
    Fd console, messages;
    GuestConsole said, told;  ///< by itself, by QEMU
    bool ended = false;
};

/// Takes what is there. False once the other end is gone.
bool take(const Fd& from, GuestConsole& into) {
    std::array<char, 4096> buffer{};
    for (;;) {
        const auto got = ::read(from.get(), buffer.data(), buffer.size());
        if (got > 0) {
            into.feed({buffer.data(), static_cast<std::size_t>(got)});
        } else {
            return got < 0 && (errno == EAGAIN || errno == EINTR);
        }
    }
}

void listen(Running& guest) {
    take(guest.console, guest.said);
    guest.ended = !take(guest.messages, guest.told) || guest.ended;
}

/// What tells best why it is as it is.
std::string words_of(const Running& guest) {
    for (const auto* console : {&guest.told, &guest.said}) {
        if (!console->last_line().empty()) {
            return ": " + console->last_line();
        }
    }
    return "";
}

/// In the child: becomes QEMU. Descriptors of ours that it is to have lose their mark.
[[noreturn]] void become_qemu(const Profile& profile, const LoadSite& site, GuestMachine machine,
                              const GuestGroups& groups, int console, int messages) {
    // Of what we started, those whose memory presses go first; but before anything of the host's own.
    static_cast<void>(write_knob("/proc/self/oom_score_adj", "500"));
    // By itself: only what it touches inside the group is charged to that.
    if (!site.cgroups->attach(groups.members, ::getpid())) {
        ::dprintf(messages, "it cannot be moved into its group\n");
        ::_exit(1);
    }
    const auto open_for_it = [&](const std::filesystem::path& path, int flags) {
        const int descriptor = ::open(path.c_str(), flags);  // without O_CLOEXEC
        if (descriptor < 0) {
            ::dprintf(messages, "cannot open %s\n", path.c_str());
            ::_exit(1);
        }
        return descriptor;
    };
    const int nothing = open_for_it("/dev/null", O_RDWR);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(nothing, STDOUT_FILENO);
    ::dup2(messages, STDERR_FILENO);
    machine.console = ::dup(console);
    machine.disk = open_for_it(site.data_disk.path, O_RDWR);
    if (site.guests.image.empty() && !site.guests.kernel.empty()) {
        machine.kernel = open_for_it(site.guests.kernel, O_RDONLY);
        machine.initramfs = open_for_it(site.guests.initramfs, O_RDONLY);
    }
    machine.memory = machine.kernel >= 0 || !site.guests.image.empty() ? profile.kvm.memory : kSectorMemory;
    auto words = arguments_of(machine);
    words.insert(words.begin(), site.guests.qemu.string());
    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (auto& word : words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    ::execv(site.guests.qemu.c_str(), arguments.data());
    ::dprintf(STDERR_FILENO, "cannot start %s\n", site.guests.qemu.c_str());
    ::_exit(127);
}

class GuestStarter {
public:
    GuestStarter(const Profile& profile, const LoadSite& site, const MusterListener& listener,
                 const GuestPatience& patience)
        : profile_(profile),
          site_(site),
          listener_(listener),
          patience_(site.guests.image.empty() ? patience : patience_with_image(patience)),
          all_(Deadline::after(in_all(patience_, profile.kvm.guests))) {}

    Result<StartedGuests> start() {
        kvm_ = Fd(::open("/dev/kvm", O_RDWR | O_CLOEXEC)).valid();
        if (!kvm_) {
            listener_.note("the virtual machines of the load are emulated: /dev/kvm cannot be opened");
        }
        StartedGuests started;
        for (std::uint32_t number = 0; number < profile_.kvm.guests; ++number) {
            auto guest = start_one(number);
            if (!guest) {
                stop(started);
                return fail(guest.error());
            }
            started.pids.push_back(guest->pid);
            started.consoles.push_back(std::move(guest->console));
            started.messages.push_back(std::move(guest->messages));
            started.told.push_back(std::move(guest->told));
        }
        return started;
    }

private:
    static void stop(const StartedGuests& started) {
        for (const auto pid : started.pids) {
            ::kill(pid, SIGKILL);
        }
    }

    Result<Running> start_one(std::uint32_t number) {
        const auto groups = groups_of(profile_.kvm.layout, site_.cgroups->version(), number);
        for (const auto& group : groups.made) {
            const auto is_made =
                site_.cgroups->create(group, group == groups.limited ? site_.throttles : std::vector<DiskThrottle>{});
            if (!is_made) {
                return fail(is_made.error());
            }
        }
        if (auto prepared = prepare_guest_disk(profile_, site_, number); !prepared) {
            return fail(prepared.error());
        }
        if (number == 0 && kvm_) {
            auto tried = try_kvm(groups);
            if (!tried || !tried->ended) {
                return tried;
            }
        }
        auto guest = boot(number, groups);
        if (!guest) {
            return guest;
        }
        const auto began = monotonic_ns();
        const auto soon = Deadline::after(patience_.first);
        if (wait_for_writes(*guest, groups, number == 0 || soon.remaining() < all_.remaining() ? soon : all_)) {
            note_first(number, began);
            return guest;
        }
        if (guest->ended) {
            return fail(Fault::broken, fmt::format("virtual machine {} of the load ended before it wrote anything{}",
                                                   number + 1, words_of(*guest)));
        }
        if (number == 0) {
            ::kill(guest->pid, SIGKILL);
            return fail(
                Error(Fault::unsupported, fmt::format("a virtual machine, {}, writes nothing within {} s here{}", how(),
                                                      patience_.first.count() / 1000, words_of(*guest)))
                    .hint("on hardware with KVM (/dev/kvm) it takes a second; emulated inside a machine that is "
                          "emulated itself it is hopeless"));
        }
        listener_.note(fmt::format("virtual machine {} of the load had not written when the load began{}", number + 1,
                                   words_of(*guest)));
        return guest;
    }

    /// The first machine is the test: a running one; or one that has ended, from where it is to be started without KVM.
    Result<Running> try_kvm(const GuestGroups& groups) {
        auto guest = boot(0, groups);
        if (!guest) {
            return guest;
        }
        const auto began = monotonic_ns();
        if (wait_for_writes(*guest, groups, Deadline::after(patience_.test_boot))) {
            note_first(0, began);
            return guest;
        }
        const auto came_of_it = guest->ended
                                    ? std::string("ended before it wrote anything")
                                    : fmt::format("wrote nothing within {} s", patience_.test_boot.count() / 1000);
        listener_.note(fmt::format("the virtual machines of the load are emulated: with KVM the first one {}{}",
                                   came_of_it, words_of(*guest)));
        ::kill(guest->pid, SIGKILL);
        ::waitpid(guest->pid, nullptr, WNOHANG);
        kvm_ = false;
        guest->ended = true;
        return guest;
    }

    Result<Running> boot(std::uint32_t number, const GuestGroups& groups) {
        auto console = make_pair_of_sockets();
        auto messages = make_pair_of_sockets();
        for (const auto* pair : {&console, &messages}) {
            if (!*pair) {
                return fail(pair->error());
            }
        }
        GuestMachine machine;
        machine.number = number;
        machine.kvm = kvm_;
        machine.offset = guest_offset(profile_, site_.data_disk, number);
        machine.size = profile_.kvm.disk;
        const auto pid = start_child(site_.staging->ledger, kGuestProcess, [&] {
            become_qemu(profile_, site_, machine, groups, console->theirs.get(), messages->theirs.get());
        });
        if (!pid) {
            return fail(pid.error());
        }
        return Running{*pid, std::move(console->ours), std::move(messages->ours), {}, {}, false};
    }

    /// Whether it does before the deadline; not if it ends.
    bool wait_for_writes(Running& guest, const GuestGroups& groups, const Deadline& deadline) {
        const auto statistics = site_.cgroups->statistics(groups.limited);
        auto next_sign = Deadline::after(kSignOfLife);
        for (;;) {
            listen(guest);
            const auto bytes =
                written_bytes(site_.cgroups->version(), read_file(statistics).value_or(""), site_.data_disk.number);
            if (bytes.value_or(0) >= kFirstBlocks * profile_.kvm.block) {
                return true;
            }
            if (guest.ended || deadline.passed()) {
                return false;
            }
            if (next_sign.passed()) {
                listener_.still_alive();
                next_sign = Deadline::after(kSignOfLife);
            }
            std::this_thread::sleep_for(kPeriod);
        }
    }

    [[nodiscard]] std::string_view how() const { return kvm_ ? "with KVM" : "emulated"; }
    [[nodiscard]] std::string boots() const {
        if (!site_.guests.image.empty()) {
            return fmt::format("the image {}", site_.guests.image.string());
        }
        return site_.guests.kernel.empty() ? "a boot sector" : "this machine's kernel";
    }
    void note_first(std::uint32_t number, std::uint64_t began_ns) {
        if (number == 0) {
            listener_.note(fmt::format("{} virtual machines, {}, that boot {}: the first wrote after {:.1f} s",
                                       profile_.kvm.guests, how(), boots(), seconds_since(began_ns)));
        }
    }

    const Profile& profile_;
    const LoadSite& site_;
    const MusterListener& listener_;
    GuestPatience patience_;
    Deadline all_;
    bool kvm_ = false;
};

}  // namespace

std::chrono::seconds longest_start(std::uint32_t guests) {
    return guests == 0 ? std::chrono::seconds(0)
                       : std::chrono::ceil<std::chrono::seconds>(in_all(patience_with_image({}), guests));
}

Result<StartedGuests> start_guests(const Profile& profile, const LoadSite& site, const MusterListener& listener,
                                   const GuestPatience& patience) {
    return GuestStarter(profile, site, listener, patience).start();
}

void play_guest_listener(const StartedGuests& guests, LoadCounters& counters) {
    std::vector<pollfd> sources;
    std::vector<Running> all(guests.consoles.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        sources.push_back({guests.consoles[i].get(), POLLIN, 0});
        sources.push_back({guests.messages[i].get(), POLLIN, 0});
        all[i].told = guests.told[i];
    }
    for (;;) {
        ::poll(sources.data(), sources.size(), -1);
        for (std::size_t i = 0; i < all.size(); ++i) {
            auto& own = counters.guests.at(i);
            pollfd& console = sources[2 * i];
            pollfd& messages = sources[2 * i + 1];
            if (console.fd >= 0 && console.revents != 0) {
                console.fd = take(guests.consoles[i], all[i].said) ? console.fd : -1;
                own.blocks = all[i].said.blocks();
            }
            if (messages.fd >= 0 && messages.revents != 0 && !take(guests.messages[i], all[i].told)) {
                messages.fd = -1;  // poll() skips it
                const auto words = words_of(all[i]);
                words.copy(own.words.data(), own.words.size() - 1);
                own.ended = 1;
            }
        }
    }
}

}  // namespace blkhang
