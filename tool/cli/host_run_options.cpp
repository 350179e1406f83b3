// SPDX-License-Identifier: GPL-2.0-only
#include "cli/host_run_options.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <variant>

#include <boost/any.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/shell.h"
#include "base/sizes.h"
#include "base/uname.h"
#include "cli/run_options.h"
#include "evidence/block_sink.h"
#include "guest/record_directory.h"
#include "profile/resolve.h"
#include "stage/kept_ledger.h"

namespace blkhang {
namespace {

namespace po = boost::program_options;
namespace fs = std::filesystem;

/// Less is no bound, but a number that lacks its unit; 0 would be no bound at all (systemd.resource-control(5)).
constexpr std::uint64_t kLeastBudget = std::uint64_t{64} << 20U;

/// "sdb" of "/dev/sdb", or of a link that leads there.
Result<std::string> disk_name(const std::string& option, const std::string& given) {
    std::error_code error;
    const auto path = fs::canonical(given, error);
    if (error || path.parent_path() != "/dev") {
        return fail(Error(Fault::usage, fmt::format("--{}: {} is no disk below /dev", option, given))
                        .hint("lsblk lists the block devices"));
    }
    return path.filename().string();
}

Result<HostDisks> named_disks(const Invocation& invocation) {
    if (!invocation.has("disk") || !invocation.has("swap-disk")) {
        return fail(Fault::usage,
                    "--on-this-host: which disks? --disk and --swap-disk name them, --files DIR and "
                    "--null-blk make some");
    }
    auto data = disk_name("disk", invocation.text("disk"));
    if (!data) {
        return fail(data.error());
    }
    NamedDisks disks{std::move(*data), {}};
    for (const auto& given : invocation.texts("swap-disk")) {
        auto name = disk_name("swap-disk", given);
        if (!name) {
            return fail(name.error());
        }
        if (*name == disks.data || std::ranges::find(disks.swap, *name) != disks.swap.end()) {
            return fail(Fault::usage, fmt::format("--swap-disk: {} was named before", given));
        }
        disks.swap.push_back(std::move(*name));
    }
    return HostDisks(std::move(disks));
}

Result<HostDisks> host_disks(const Invocation& invocation) {
    const bool named = invocation.has("disk") || invocation.has("swap-disk");
    if (named + invocation.has("files") + invocation.flag("null-blk") > 1) {
        return fail(Fault::usage, "--disk and --swap-disk, --files and --null-blk: one of these three");
    }
    if (invocation.flag("null-blk")) {
        return HostDisks(NullDisks{});
    }
    if (!invocation.has("files")) {
        return named_disks(invocation);
    }
    std::error_code error;
    auto directory = fs::canonical(invocation.text("files"), error);
    if (error || !fs::is_directory(directory)) {
        return fail(Fault::usage, fmt::format("--files: {} is no directory", invocation.text("files")));
    }
    return HostDisks(FileDisks{std::move(directory)});
}

/// Empty if none was given.
Result<fs::path> guest_image(const Invocation& invocation, const Profile& profile) {
    if (!invocation.has("guest-image")) {
        return fs::path();
    }
    if (profile.kvm.guests == 0) {
        return fail(Fault::usage, fmt::format("--guest-image: {} has no virtual machines (kvm.guests)", profile.name));
    }
    std::error_code error;
    auto image = fs::canonical(invocation.text("guest-image"), error);
    if (error || !fs::is_regular_file(image)) {
        return fail(Fault::usage, fmt::format("--guest-image: {} is no file", invocation.text("guest-image")));
    }
    return image;
}

void read_evidence(const Invocation& invocation, HostRunRequest& request) {
    const auto text_of = [&](const char* option) {
        return invocation.has(option) ? invocation.text(option) : std::string();
    };
    const EvidencePlaces places{text_of("journal"), text_of("collector"), text_of("key")};
    request.journal = places.journal;
    if (!places.journal.empty()) {
        request.evidence.push_back(fmt::format("the journal {}", places.journal.string()));
    }
    if (!places.collector.empty()) {
        request.evidence.push_back(fmt::format("the collector {}", places.collector));
    }
    if (!request.evidence.empty() || !places.key.empty()) {
        request.more_evidence = [places] { return open_evidence(places); };
    }
}

/// What becomes of a hang.
Status read_reset(const Invocation& invocation, HostRunRequest& request) {
    request.heal = invocation.flag("heal");
    if (invocation.has("watchdog")) {
        request.watchdog = invocation.text("watchdog");
    }
    const auto give_up = give_up_of(invocation, !request.watchdog.empty(), "--watchdog /dev/watchdogN");
    if (!give_up) {
        return fail(give_up.error());
    }
    request.give_up = give_up->value_or(request.give_up);
    return {};
}

}  // namespace

void add_host_run_options(po::options_description& options) {
    options.add_options()  //
        ("on-this-host", po::bool_switch(),
         "load this very host instead of a guest; without this it is never touched")  //
        ("disk", po::value<std::string>()->value_name("DEV"),
         "with --on-this-host: the disk that writers write to; it carries blkhang's header (blkhang prepare --load)")  //
        ("swap-disk", po::value<std::vector<std::string>>()->composing()->value_name("DEV"),
         "with --on-this-host: a disk to swap to, prepared likewise; may be repeated, and of a profile with spare "
         "disks "
         "the last ones are those")  //
        ("files", po::value<std::string>()->value_name("DIR"),
         "with --on-this-host: make the disks as loop disks over new files in DIR")  //
        ("null-blk", po::bool_switch(),
         "with --on-this-host: make the disks of the kernel's own memory, by its driver null_blk; memory can only be "
         "made "
         "short on them for a load that is bounded (--memory-budget)")  //
        ("global-pressure", po::bool_switch(),
         "let memory become short for all of the host, which most profiles need")  //
        ("guest-image", po::value<std::string>()->value_name("FILE"),
         "with --on-this-host and a profile that has virtual machines: a raw disk image that each of them gets a copy "
         "of "
         "and boots, instead of this host's kernel; what it writes has to be its own idea")  //
        ("memory-budget", po::value<std::string>()->value_name("SIZE"),
         "the most memory that the load may have, such as 4GiB; by default as much as there is")  //
        ("beside", po::value<std::vector<std::string>>()->composing()->value_name("GUEST"),
         "a virtual machine, by name or process, that may run on this host meanwhile; may be repeated")  //
        ("accept-freeze", po::bool_switch(),
         "accept what the refusal says of others that a freeze would hit, and of a host that nothing would reset")  //
        ("heal", po::bool_switch(),
         "with --on-this-host: once a hang is proven, kill the load's own processes that are part of it, one after the "
         "other, to see which of them ends it")  //
        ("watchdog", po::value<std::string>()->value_name("DEVICE"),
         "with --on-this-host: reset the host by this hardware watchdog, such as /dev/watchdog0, for a hang that still "
         "stands --give-up after its proof; the load is not stopped before that, unless with --heal")  //
        ("give-up", po::value<std::string>()->value_name("TIME"),
         "with --watchdog: for how long a proven hang has to stand; 30s by default")  //
        ("journal", po::value<std::string>()->value_name("PLACE"),
         "with --on-this-host: keep the evidence in this journal as well, as `blkhang watch` does")  //
        ("collector", po::value<std::string>()->value_name("ADDRESS"),
         "with --on-this-host: send the evidence to `blkhang collect` there; needs --key")  //
        ("key", po::value<std::string>()->value_name("FILE"), "the key that this host shares with the collector");
}

std::string host_run_options_again(const Invocation& invocation) {
    po::options_description options;
    add_host_run_options(options);
    std::vector<std::string> words;
    for (const auto& option : options.options()) {
        const auto& name = option->long_name();
        if (!invocation.given(name)) {
            continue;
        }
        const auto& value = invocation.values[name].value();
        if (const auto* text = boost::any_cast<std::string>(&value)) {
            words.push_back(fmt::format("--{} {}", name, shell_quoted(*text)));
        } else if (const auto* texts = boost::any_cast<std::vector<std::string>>(&value)) {
            std::ranges::transform(*texts, std::back_inserter(words),
                                   [&](const auto& one) { return fmt::format("--{} {}", name, shell_quoted(one)); });
        } else {
            words.push_back(fmt::format("--{}", name));
        }
    }
    return fmt::format("{}", fmt::join(words, " "));
}

Result<HostRunRequest> host_run_request(const Invocation& invocation) {
    for (const char* of_guests : {"guest", "plant"}) {
        if (invocation.has(of_guests)) {
            return fail(Fault::usage, fmt::format("--{} and --on-this-host: one of them", of_guests));
        }
    }
    HostRunRequest request;
    auto profile = resolve_profile(invocation.text("PROFILE"), sets_of(invocation));
    if (!profile) {
        return fail(profile.error());
    }
    request.profile = std::move(*profile);
    auto disks = host_disks(invocation);
    if (!disks) {
        return fail(disks.error());
    }
    request.disks = std::move(*disks);
    if (const auto* named = std::get_if<NamedDisks>(&request.disks)) {
        const auto spare = std::min<std::size_t>(request.profile.swap.spare, named->swap.size());
        request.profile.swap.disks = static_cast<std::uint32_t>(named->swap.size() - spare);
    }
    auto image = guest_image(invocation, request.profile);
    if (!image) {
        return fail(image.error());
    }
    request.guest_image = std::move(*image);
    if (invocation.has("memory-budget")) {
        const auto budget = parse_size(invocation.text("memory-budget"));
        if (!budget) {
            return fail_within(budget.error(), "--memory-budget");
        }
        if (*budget < kLeastBudget) {
            return fail(
                Error(Fault::usage, fmt::format("--memory-budget: {} leaves no room to those who watch the load",
                                                invocation.text("memory-budget")))
                    .hint(fmt::format("{} at least", format_size(kLeastBudget))));
        }
        request.memory_budget = *budget;
    }
    const auto deadline = deadline_of(invocation);
    if (!deadline) {
        return fail(deadline.error());
    }
    request.deadline = *deadline;
    request.consent.accepts_freeze = invocation.flag("accept-freeze");
    request.consent.global_pressure = invocation.flag("global-pressure");
    if (invocation.has("beside")) {
        request.consent.beside = invocation.texts("beside");
    }
    read_evidence(invocation, request);
    if (auto read = read_reset(invocation, request); !read) {
        return fail(read.error());
    }
    request.ledger = kLedgerDirectory;
    if (invocation.has("out")) {
        request.directory = fs::absolute(invocation.text("out"));
    } else {
        auto directory = new_record_directory({request.profile.name, uname_here().release, "host"});
        if (!directory) {
            return fail(directory.error());
        }
        request.directory = std::move(*directory);
    }
    return request;
}

}  // namespace blkhang
