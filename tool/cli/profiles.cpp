// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>

#include "base/shown.h"
#include "cli/command.h"
#include "embedded/measurements.h"
#include "profile/fields.h"
#include "profile/profile_toml.h"
#include "profile/shipped.h"
#include "record/measurements.h"
#include "report/text/measurements.h"

namespace blkhang {
namespace {

/// What these profiles came to on kernels as they are shipped, when this program was made.
Status show_measurements() {
    const auto measurements = decode_measurements(embedded::measurements().at("measured.json"));
    if (!measurements) {
        return fail(measurements.error());
    }
    print(shown("\nMeasured in guests, runs by verdict:\n\n{}", Shown::lines(render_measurements(*measurements))));
    return {};
}

Result<ExitCode> list_profiles() {
    const std::vector<std::string> names = shipped_profiles();
    std::size_t width = 0;
    for (const std::string& name : names) {
        width = std::max(width, name.size());
    }
    for (const std::string& name : names) {
        const auto profile = load_profile(name);
        if (!profile) {
            return fail(profile.error());
        }
        print(shown("{:<{}}  {}\n", name, width, profile->summary));
    }
    if (auto shown = show_measurements(); !shown) {
        return fail(shown.error());
    }
    return ExitCode::ok;
}

/// Keys, what each takes and what it means, of one table of a profile.
void list_keys(const std::string& title, const std::vector<Field>& table) {
    print(shown("{}\n", title));
    for (const Field& field : table) {
        print(shown("  {}{}\n      {}\n      {}\n", field.key, field.required ? " (required)" : "", field.expects,
                    field.help));
    }
}

void list_all_keys() {
    list_keys("Keys of a profile", fields());
    list_keys("\nKeys of each [[trigger]]", trigger_fields());
    list_keys("\nKeys of each [[coverage_where]]", coverage_where_fields());
}

Result<ExitCode> profiles(const Invocation& invocation) {
    if (invocation.flag("keys")) {
        if (invocation.has("NAME")) {
            return fail(Fault::usage, "--keys is of all profiles; leave NAME out");
        }
        list_all_keys();
        return ExitCode::ok;
    }
    if (!invocation.has("NAME")) {
        return list_profiles();
    }
    const auto profile = load_profile(invocation.text("NAME"));
    if (!profile) {
        return fail(profile.error());
    }
    print(Shown::lines(to_toml(*profile)));
    return ExitCode::ok;
}

}  // namespace

Command profiles_command() {
    Command command{
        .name = "profiles",
        .summary = "list the profiles, or show one",
        .synopsis = {"[NAME | --keys]"},
        .description =
            {"A profile is a scenario: what is staged in the guest, which load runs there, and how much of "
             "the dangerous path must have been exercised before a verdict may be clean.",
             "Without NAME, lists the profiles that this program holds, and which verdicts they came to on "
             "which of Debian's kernels when it was made (-: not measured). With NAME (one of them, or the path "
             "of a .toml file), shows that profile as TOML with every value resolved: a starting point for "
             "one of your own. With --keys, says what each key takes and means."},
        .sections = {},
        .exit_status = {{"0", "done"},
                        {"2", "there is no such profile, or it is wrong: file, line and column are named"}},
        .examples = {{"blkhang profiles", "what is there?"},
                     {"blkhang profiles kvm-2011", "every key of this profile and its value"},
                     {"blkhang profiles --keys", "what may a profile of my own say, and --set?"}},
        .positionals = {{"NAME", false}},
        .options = {},
        .run = profiles,
    };
    command.options.add_options()("keys", boost::program_options::bool_switch(),
                                  "list every key that a profile may have, what it takes and what it means");
    return command;
}

}  // namespace blkhang
