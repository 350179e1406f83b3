// SPDX-License-Identifier: GPL-2.0-only
#include "profile/fields.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/nearest.h"
#include "base/number.h"
#include "base/path_name.h"
#include "base/sizes.h"

namespace blkhang {
namespace {

constexpr std::uint64_t kKiB = 1U << 10;
constexpr std::uint64_t kMiB = kKiB << 10;
constexpr std::uint64_t kGiB = kMiB << 10;
constexpr std::uint64_t kTiB = kGiB << 10;
// io.max and blkio.throttle.* keep operations per second in 32 bits.
constexpr std::uint64_t kMaxIosPerS = std::numeric_limits<std::uint32_t>::max();

/// The key and the access to the member of the same path: they cannot drift apart.
#define FIELD(path) \
#path, [](auto& profile) -> auto& { return profile.path; }

template <class At>
using MemberOf = std::remove_cvref_t<decltype(std::declval<At>()(std::declval<Profile&>()))>;

bool within(std::uint64_t value, std::uint64_t min, std::uint64_t max) { return value >= min && value <= max; }

std::optional<std::uint64_t> whole_number(const FieldValue& value) {
    const auto* const number = std::get_if<std::int64_t>(&value);
    return number != nullptr && *number >= 0 ? std::optional(static_cast<std::uint64_t>(*number)) : std::nullopt;
}

std::optional<std::uint64_t> bytes(const FieldValue& value) {
    if (const auto* const text = std::get_if<std::string>(&value)) {
        const auto size = parse_size(*text);
        return size ? std::optional(*size) : std::nullopt;
    }
    return whole_number(value);
}

template <class At>
Field count(const char* key, At at, std::uint64_t min, std::uint64_t max, const char* help) {
    using Member = MemberOf<At>;
    return {.key = key,
            .expects = fmt::format("a whole number from {} to {}", min, max),
            .help = help,
            .identity = false,
            .required = false,
            .get = [at](const Profile& profile) { return FieldValue(static_cast<std::int64_t>(at(profile))); },
            .set =
                [at, min, max](Profile& profile, const FieldValue& value) {
                    const auto number = whole_number(value);
                    if (!number || !within(*number, min, max)) {
                        return false;
                    }
                    at(profile) = static_cast<Member>(*number);
                    return true;
                }};
}

template <class At>
Field size(const char* key, At at, std::uint64_t min, std::uint64_t max, const char* help) {
    using Member = MemberOf<At>;
    return {.key = key,
            .expects = fmt::format("a size from {} to {}, such as 64KiB or 2MiB", format_size(min), format_size(max)),
            .help = help,
            .identity = false,
            .required = false,
            .get =
                [at](const Profile& profile) {
                    const std::uint64_t number = at(profile);
                    const bool has_unit = number != 0 && number % kKiB == 0;
                    return has_unit ? FieldValue(format_size(number)) : FieldValue(static_cast<std::int64_t>(number));
                },
            .set =
                [at, min, max](Profile& profile, const FieldValue& value) {
                    const auto number = bytes(value);
                    if (!number || !within(*number, min, max)) {
                        return false;
                    }
                    at(profile) = static_cast<Member>(*number);
                    return true;
                }};
}

/// A whole number of the member's own unit: seconds or milliseconds.
template <class At>
Field duration(const char* key, At at, MemberOf<At> min, MemberOf<At> max, const char* help) {
    using Unit = MemberOf<At>;
    const char* const form =
        std::is_same_v<Unit, std::chrono::seconds> ? " in whole seconds, such as 40s or 2m" : ", such as 50ms or 2s";
    return {.key = key,
            .expects = fmt::format("a duration from {} to {}{}", format_duration(min), format_duration(max), form),
            .help = help,
            .identity = false,
            .required = false,
            .get = [at](const Profile& profile) { return FieldValue(format_duration(at(profile))); },
            .set =
                [at, min, max](Profile& profile, const FieldValue& value) {
                    const auto* const text = std::get_if<std::string>(&value);
                    if (text == nullptr) {
                        return false;
                    }
                    const auto span = parse_duration(*text);
                    if (!span || *span < min || *span > max || *span % Unit(1) != span->zero()) {
                        return false;
                    }
                    at(profile) = std::chrono::duration_cast<Unit>(*span);
                    return true;
                }};
}

template <class At>
Field flag(const char* key, At at, const char* help) {
    return {.key = key,
            .expects = "true or false",
            .help = help,
            .identity = false,
            .required = false,
            .get = [at](const Profile& profile) { return FieldValue(at(profile)); },
            .set =
                [at](Profile& profile, const FieldValue& value) {
                    const auto* const truth = std::get_if<bool>(&value);
                    if (truth != nullptr) {
                        at(profile) = *truth;
                    }
                    return truth != nullptr;
                }};
}

/// A choice between words; a word that is a number may be given, and is printed, as one.
template <class At>
Field word(const char* key, At at, std::vector<std::pair<std::string, MemberOf<At>>> words, const char* help) {
    std::vector<std::string> names;
    names.reserve(words.size());
    for (const auto& [name, meaning] : words) {
        names.push_back(name);
    }
    return {
        .key = key,
        .expects = fmt::format("one of {}", fmt::join(names, ", ")),
        .help = help,
        .identity = false,
        .required = false,
        .get = [at, words](const Profile& profile) -> std::optional<FieldValue> {
            for (const auto& [name, meaning] : words) {
                if (meaning == at(profile)) {
                    const auto number = number_in<std::int64_t>(name);
                    return number ? FieldValue(*number) : FieldValue(name);
                }
            }
            return std::nullopt;
        },
        .set =
            [at, words](Profile& profile, const FieldValue& value) {
                const auto* const number = std::get_if<std::int64_t>(&value);
                const auto* const text = std::get_if<std::string>(&value);
                const std::string given = number != nullptr ? std::to_string(*number) : text != nullptr ? *text : "";
                for (const auto& [name, meaning] : words) {
                    if (name == given) {
                        at(profile) = meaning;
                        return true;
                    }
                }
                return false;
            }};
}

/// Each name with its value, for enums that have an array of names.
template <class Enum, std::size_t N>
std::vector<std::pair<std::string, Enum>> with_values(const std::array<std::string_view, N>& names) {
    std::vector<std::pair<std::string, Enum>> words;
    words.reserve(N);
    for (std::size_t i = 0; i < N; ++i) {
        words.emplace_back(names.at(i), static_cast<Enum>(i));
    }
    return words;
}

bool is_name(std::string_view text) {
    return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}
bool is_some_name(std::string_view text) { return !text.empty() && is_name(text); }
bool is_one_line(std::string_view text) { return text.find_first_of("\r\n") == std::string_view::npos; }
bool is_any_text(std::string_view /*text*/) { return true; }
bool is_module_name(std::string_view text) {
    return is_path_name(text) && text.find_first_of(".+~") == std::string_view::npos;
}

/// Of the words in braces; a mistyped one would only be found by the kernel's refusal.
bool has_only(std::string_view text, std::initializer_list<std::string_view> placeholders) {
    for (std::size_t open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
        const std::string_view rest = text.substr(open);
        if (std::none_of(placeholders.begin(), placeholders.end(),
                         [&](std::string_view one) { return rest.starts_with(one); })) {
            return false;
        }
    }
    return true;
}
bool is_value(std::string_view text) {
    return !text.empty() && is_one_line(text) && has_only(text, {"{disk}", "{number}"});
}
bool is_kernel_file(std::string_view text) {
    return (text.starts_with('/') || text.starts_with("{cgroup}/")) && is_one_line(text) &&
           has_only(text, {"{disk}", "{cgroup}"});
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(separator), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

/// A list of texts, each of which `accepts` takes.
template <class At>
Field list(const char* key, At at, bool (*accepts)(std::string_view), bool required, const char* expects,
           const char* help) {
    return {.key = key,
            .expects = expects,
            .help = help,
            .identity = false,
            .required = required,
            .get = [at](const Profile& profile) { return FieldValue(at(profile)); },
            .set =
                [at, accepts, required](Profile& profile, const FieldValue& value) {
                    const auto* const line = std::get_if<std::string>(&value);
                    const auto* const given = std::get_if<std::vector<std::string>>(&value);
                    if (line == nullptr && given == nullptr) {
                        return false;
                    }
                    const std::vector<std::string> texts = line != nullptr ? split(*line, ',') : *given;
                    if ((required && texts.empty()) || !std::all_of(texts.begin(), texts.end(), accepts)) {
                        return false;
                    }
                    at(profile) = texts;
                    return true;
                }};
}

/// Text that says which profile, or which part of it, this is.
template <class At>
Field identity(const char* key, At at, std::size_t min, std::size_t max, bool (*accepts)(std::string_view),
               const char* expects, const char* help) {
    return {.key = key,
            .expects = fmt::format("{} of {} to {} bytes", expects, min, max),
            .help = help,
            .identity = true,
            .required = min > 0,
            .get = [at](const Profile& profile) { return FieldValue(at(profile)); },
            .set =
                [at, min, max, accepts](Profile& profile, const FieldValue& value) {
                    const auto* const text = std::get_if<std::string>(&value);
                    if (text == nullptr || !within(text->size(), min, max) || !accepts(*text)) {
                        return false;
                    }
                    at(profile) = *text;
                    return true;
                }};
}

struct CoverageId {
    std::string_view id;
    const char* help;
};

constexpr std::array kCoverage{
    CoverageId{"trials", "occurrences of the situation that the key 'trial' names"},
#define COUNTED(id, words) CoverageId{#id, words},
#define COUNTED_UNASKED(id, words)
#define NESTED(id, words, edges) CoverageId{#id, words},
#include "coverage.def"
    CoverageId{"cgroups_created", "cgroups created under load"},
    CoverageId{"swapped_out_pages", "pages swapped out"},
    CoverageId{"maps_created", "BPF per-CPU arrays created, or network namespaces where the load makes those instead"},
    CoverageId{"writer_ios", "writes completed by the steady writers"},
    CoverageId{"guests", "virtual machines of the load that write, and still run"},
    CoverageId{"trigger_successes", "writes of the trigger that succeeded; of several triggers, the unluckiest one's"},
    CoverageId{"trigger_trials", "those of them that could have closed the profile's cycle"},
};

/// "trials" is what the chosen one is counted as.
bool is_trial(std::string_view text) {
    return text != "trials" &&
           std::any_of(kCoverage.begin(), kCoverage.end(), [&](const CoverageId& one) { return one.id == text; });
}

Field trial() {
    std::vector<std::string_view> ids;
    for (const CoverageId& one : kCoverage) {
        if (is_trial(one.id)) {
            ids.push_back(one.id);
        }
    }
    return {.key = "trial",
            .expects = fmt::format("one of {}", fmt::join(ids, ", ")),
            .help = "the counter whose occurrences are the trials that a clean verdict states",
            .identity = false,
            .required = false,
            .get = [](const Profile& profile) { return FieldValue(profile.trial); },
            .set =
                [](Profile& profile, const FieldValue& value) {
                    const auto* const text = std::get_if<std::string>(&value);
                    if (text == nullptr || !is_trial(*text)) {
                        return false;
                    }
                    profile.trial = *text;
                    return true;
                }};
}

/// A minimum in the table of them that `of` finds, under the id's name in this section.
template <class Of>
Field coverage(std::string_view section, Of of, const CoverageId& one) {
    constexpr std::uint64_t kMax = 1'000'000'000'000;
    return {.key = fmt::format("{}.{}", section, one.id),
            .expects = fmt::format("a whole number from 0 to {}", kMax),
            .help = one.help,
            .identity = false,
            .required = false,
            .get = [of, name = std::string(one.id)](const Profile& profile) -> std::optional<FieldValue> {
                const auto minimum = of(profile).find(name);
                if (minimum == of(profile).end()) {
                    return std::nullopt;
                }
                return FieldValue(static_cast<std::int64_t>(minimum->second));
            },
            .set =
                [of, name = std::string(one.id)](Profile& profile, const FieldValue& value) {
                    const auto number = whole_number(value);
                    if (!number || !within(*number, 0, kMax)) {
                        return false;
                    }
                    of(profile)[name] = *number;
                    return true;
                }};
}

std::vector<Field> make_fields() {
    using std::chrono::seconds;
    std::vector<Field> table{
        identity(FIELD(name), 1, 64, is_name, "a name of a-z, 0-9 and '-'", "name of the profile, that of its file"),
        identity(FIELD(summary), 1, 200, is_one_line, "one line of text", "what it provokes, in one line"),
        identity(FIELD(description), 0, 8192, is_any_text, "text", "what it provokes, and where that is known from"),
        identity(FIELD(applies), 0, 1000, is_any_text, "text",
                 "kernels on which it is known to provoke a hang, and where that is known from"),
        duration(FIELD(duration), seconds(1), std::chrono::hours(24), "length of the load phase"),
        duration(FIELD(patience), seconds(0), std::chrono::hours(24),
                 "how much longer the load may go on while coverage is still missing"),

        trial(),
        identity(FIELD(calibrate), 0, 64, is_some_name, "the name of a planted bug,",
                 "what is planted to show that a hang of this profile's kind would be seen"),

        word(FIELD(cgroup.version),
             {{"auto", CgroupVersion::automatic}, {"1", CgroupVersion::v1}, {"2", CgroupVersion::v2}},
             "cgroup hierarchy to throttle in; auto: what the kernel offers, 2 before 1"),

        count(FIELD(churn.workers), 0, 512, "processes that keep a ring of fresh cgroups"),
        count(FIELD(churn.ring), 1, 10'000, "live cgroups per worker; the oldest makes room for the next"),
        size(FIELD(churn.member_memory), 0, kGiB, "anonymous memory that each cgroup's member touches"),
        count(FIELD(churn.member_writes), 0, 10'000,
              "4 KiB writes with fsync that each member does before it sits still"),

        count(FIELD(writers.count), 0, 1'000, "steady writers, each in a throttled cgroup of its own"),
        word(FIELD(writers.mode), {{"direct", WriteMode::direct}, {"buffered", WriteMode::buffered}},
             "direct: O_DIRECT; buffered: page cache and fsync"),
        word(FIELD(writers.pattern), {{"sequential", WritePattern::sequential}, {"random", WritePattern::random}},
             "order of the offsets written"),
        size(FIELD(writers.block), 512, 16 * kMiB, "bytes per write, a multiple of 512"),
        size(FIELD(writers.span), 4 * kKiB, kTiB, "each writer's part of the data disk, a multiple of writers.block"),

        size(FIELD(throttle.data.read_bytes_per_s), 0, kTiB, "each cgroup's limit on the data disk; 0: none"),
        size(FIELD(throttle.data.write_bytes_per_s), 0, kTiB, "each cgroup's limit on the data disk; 0: none"),
        count(FIELD(throttle.data.read_ios_per_s), 0, kMaxIosPerS, "each cgroup's limit on the data disk; 0: none"),
        count(FIELD(throttle.data.write_ios_per_s), 0, kMaxIosPerS, "each cgroup's limit on the data disk; 0: none"),
        size(FIELD(throttle.swap.read_bytes_per_s), 0, kTiB, "each cgroup's limit on the swap disk; 0: none"),
        size(FIELD(throttle.swap.write_bytes_per_s), 0, kTiB, "each cgroup's limit on the swap disk; 0: none"),
        count(FIELD(throttle.swap.read_ios_per_s), 0, kMaxIosPerS, "each cgroup's limit on the swap disk; 0: none"),
        count(FIELD(throttle.swap.write_ios_per_s), 0, kMaxIosPerS, "each cgroup's limit on the swap disk; 0: none"),

        count(FIELD(pressure.vm), 0, 4'096, "stress-ng memory stressors"),
        size(FIELD(pressure.vm_bytes), 0, kTiB, "memory of each stressor"),

        count(FIELD(kvm.guests), 0, kMostGuests,
              "virtual machines (QEMU) that write, each in a throttled cgroup of its own"),
        word(FIELD(kvm.boot), {{"auto", KvmBoot::automatic}, {"kernel", KvmBoot::kernel}, {"sector", KvmBoot::sector}},
             "kernel: the one that runs here, with a program that writes; sector: a boot sector that writes, without a "
             "kernel; auto: a kernel where there is an image of it"),
        word(FIELD(kvm.layout), {{"flat", KvmLayout::flat}, {"libvirt", KvmLayout::libvirt}},
             "their groups: flat, beside those of the writers; libvirt: nested as libvirt does, below a machine.slice"),
        size(FIELD(kvm.memory), 64 * kMiB, kTiB, "memory of each that boots a kernel"),
        size(FIELD(kvm.block), 512, 32 * kKiB, "bytes of each of its writes, a multiple of 512"),
        size(FIELD(kvm.disk), kMiB, kTiB,
             "each one's part of the data disk, a multiple of kvm.block; room for the image, if "
             "one is given"),

        count(FIELD(percpu.churners), 0, 256,
              "processes that create and close BPF per-CPU arrays, or network namespaces without bpf(2)"),
        count(FIELD(percpu.flushers), 0, 64, "more such processes, which allocate under PR_SET_IO_FLUSHER (GFP_NOIO)"),
        count(FIELD(percpu.maps), 1, 1'024, "live arrays per process; the oldest makes room for the next"),
        // An element is one per-CPU allocation, and those end at PCPU_MIN_UNIT_SIZE.
        size(FIELD(percpu.value_size), 8, 32 * kKiB, "bytes per element and CPU"),
        count(FIELD(percpu.entries), 1, 65'536, "elements of each array"),

        count(FIELD(scale.writers_per_cpu), 0, 64,
              "on a larger machine: at least so many steady writers per CPU, up to 1000"),
        count(FIELD(scale.cpus_per_churner), 0, 1'024,
              "on a larger machine: at least one process that makes groups for so many CPUs; 0: as churn.workers says"),
        count(FIELD(scale.members_per_gib), 0, 1'024,
              "on a larger machine: at least so many live groups per GiB of available memory, up to 4000"),
        count(FIELD(scale.cpus_per_percpu), 0, 1'024,
              "on a larger machine: at least one process that makes per-CPU arrays for so many CPUs; 0: as "
              "percpu.churners "
              "says"),
        count(FIELD(scale.maps_per_gib), 0, 1'024,
              "on a larger machine: at least so many live per-CPU arrays per GiB of available memory"),
        count(FIELD(scale.pressure_percent), 0, 400,
              "on a host: what pressure and groups want together, in percent of its available memory; 0: as "
              "pressure.vm_bytes says"),
        count(FIELD(scale.cpus_per_guest), 0, 1'024,
              "on a larger machine with KVM: at least one virtual machine for so many CPUs, up to 12; 0: as kvm.guests "
              "says"),

        count(FIELD(swap.disks), 1, 16, "swap disks of a guest, all of one priority"),
        count(FIELD(swap.spare), 0, 16, "further disks of a guest, for triggers that swap to a fresh one each round"),
        size(FIELD(swap.size), 16 * kMiB, kTiB, "size of each swap disk"),
        word(FIELD(swap.device),
             {{"virtio", SwapKind::virtio}, {"null_blk", SwapKind::null_blk}, {"nbd", SwapKind::nbd}},
             "virtio: disks of the host's memory; null_blk: one in the guest's own memory; nbd: one that a process "
             "serves "
             "which does a per-CPU allocation before it answers a write"),
        count(FIELD(swap.swappiness), 0, 200, "vm.swappiness; above 100 only where the kernel takes it"),

        size(FIELD(guest.memory), 64 * kMiB, kTiB, "memory of a guest"),
        count(FIELD(guest.cpus), 1, 64, "CPUs of a guest"),
        count(FIELD(guest.possible_cpus), 1, 1'024, "CPUs that a guest's per-CPU areas are made for"),
        size(FIELD(guest.data_disk), 16 * kMiB, kTiB, "disk of a guest that the writers write to"),
        list(FIELD(guest.modules), is_module_name, false, "a list of names of kernel modules",
             "modules for the guest, beside those that every guest gets; the kernel may lack some"),

        word(FIELD(probe.tier), with_values<TierChoice>(kTierNames), "how to watch; auto: the best that attaches"),
        flag(FIELD(probe.enabled), "false only to measure what watching costs: such a run proves nothing"),
    };
    for (const CoverageId& one : kCoverage) {
        table.push_back(coverage(
            "coverage", [](auto& profile) -> auto& { return profile.coverage; }, one));
    }
    return table;
}

/// The key and the access to the same member of the last trigger.
#define TRIGGER_FIELD(member) \
    "trigger." #member, [](auto& profile) -> auto& { return profile.triggers.back().member; }

std::vector<Field> make_trigger_fields() {
    using std::chrono::milliseconds;
    return {
        identity(TRIGGER_FIELD(name), 1, 32, is_name, "a name of a-z, 0-9 and '-'", "its counts go by this name"),
        word(TRIGGER_FIELD(phase), {{"load", TriggerPhase::load}, {"stage", TriggerPhase::stage}},
             "load: again and again under load; stage: each value once, before the load"),
        word(TRIGGER_FIELD(disk),
             {{"swap", TriggerDisk::swap}, {"data", TriggerDisk::data}, {"fresh", TriggerDisk::fresh}},
             "which disk it is about; fresh: the next of swap.spare each round, swapped to at top priority"),
        identity(TRIGGER_FIELD(file), 1, 1000, is_kernel_file, "an absolute path, or one that begins with {cgroup}/,",
                 "what it writes to; {disk}: the disk's name, {cgroup}: blkhang's own cgroup"),
        list(TRIGGER_FIELD(values), is_value, true, "a list of texts of one line",
             "what it writes, in turn; {disk}: the disk's name, {number}: its MAJOR:MINOR"),
        duration(TRIGGER_FIELD(every), milliseconds(1), std::chrono::hours(1),
                 "pause between two writes or fresh disks"),
        duration(TRIGGER_FIELD(delay), milliseconds(0), std::chrono::hours(1),
                 "pause before its first write, or between swapping to a fresh disk and the write"),
        list(TRIGGER_FIELD(trials), is_value, false, "a list of texts of one line",
             "those of the values whose writes can close the cycle, and so are trials; empty: all of them"),
        flag(TRIGGER_FIELD(grows), "true: only a number above all that the file ever held is a trial"),
    };
}

/// The key and the access to the same member of the last such table.
#define WHERE_FIELD(member) \
    "coverage_where." #member, [](auto& profile) -> auto& { return profile.coverage_where.back().member; }

bool is_fact(std::string_view text) {
    return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

std::vector<Field> make_coverage_where_fields() {
    std::vector<Field> table{
        identity(WHERE_FIELD(fingerprint), 1, 64, is_fact, "a name of a-z, 0-9 and '_'",
                 "a fingerprint of the kernel, as `blkhang check --guest KERNEL` names it"),
        identity(WHERE_FIELD(value), 1, 64, is_fact, "a word of a-z, 0-9 and '_'",
                 "the minima hold unless the kernel is known to have another value of it"),
    };
    for (const CoverageId& one : kCoverage) {
        table.push_back(coverage(
            "coverage_where", [](auto& profile) -> auto& { return profile.coverage_where.back().coverage; }, one));
    }
    return table;
}

FieldValue read_value(std::string_view text) {
    if (text == "true" || text == "false") {
        return text == "true";
    }
    if (const auto number = number_in<std::int64_t>(text)) {
        return *number;
    }
    return std::string(text);
}

}  // namespace

const std::vector<Field>& fields() {
    static const std::vector<Field> table = make_fields();
    return table;
}

const std::vector<Field>& trigger_fields() {
    static const std::vector<Field> table = make_trigger_fields();
    return table;
}

const std::vector<Field>& coverage_where_fields() {
    static const std::vector<Field> table = make_coverage_where_fields();
    return table;
}

const Field* find_field(const std::vector<Field>& table, std::string_view key) {
    const auto found = std::find_if(table.begin(), table.end(), [&](const Field& one) { return one.key == key; });
    return found == table.end() ? nullptr : &*found;
}

std::vector<std::string> keys_of(const std::vector<Field>& table) {
    std::vector<std::string> keys;
    keys.reserve(table.size());
    for (const Field& field : table) {
        keys.push_back(field.key);
    }
    return keys;
}

Status set_field(Profile& profile, std::string_view key_equals_value) {
    const std::size_t equals = key_equals_value.find('=');
    if (equals == std::string_view::npos) {
        return fail(Error(Fault::usage, fmt::format("--set {}: expected key=value", key_equals_value))
                        .hint("for example --set churn.ring=60"));
    }
    const std::string_view key = key_equals_value.substr(0, equals);
    const std::string_view text = key_equals_value.substr(equals + 1);
    const Field* const field = find_field(fields(), key);
    if (field == nullptr) {
        return fail(Fault::usage, fmt::format("--set {}: unknown key '{}'{}", key_equals_value, key,
                                              did_you_mean(key, keys_of(fields()))));
    }
    if (field->identity) {
        return fail(Error(Fault::usage, fmt::format("--set {}: '{}' says which profile this is", key_equals_value, key))
                        .hint("copy the profile to a .toml file and change it there"));
    }
    if (!field->set(profile, read_value(text))) {
        return fail(Fault::usage, fmt::format("--set {}: expected {}", key_equals_value, field->expects));
    }
    return {};
}

std::vector<std::string> sets_of_duration(const std::string& duration) {
    return {"duration=" + duration, "patience=0s"};
}

}  // namespace blkhang
