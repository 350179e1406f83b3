// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"
#include "record/record.h"
#include "report/words/templates.h"

namespace blkhang {

/// A run as somebody else can make it again.
struct Reproducer {
    std::string kernel;                  ///< KERNEL argument for exactly that kernel; empty if only its owner has it
    std::string plant;                   ///< empty for none
    std::string profile;                 ///< as `blkhang run` takes it
    std::vector<std::string> sets = {};  ///< KEY=VALUE
};

/// Of the run that a record is about. The profile is given as it was resolved, and the shipped one of that name, if
/// there is one. Where the two differ in what --set cannot say, the profile is the file profile.toml.
Reproducer reproducer_of(const Record& record, const Profile* resolved, const Profile* shipped);

/// The exact kernel that a record's run.kernel speaks of, as a KERNEL argument: "deb:PACKAGE=VERSION" for
/// "deb:6.1 (PACKAGE VERSION)". Empty for images and trees of the user's own.
std::string exact_kernel(std::string_view run_kernel);
/// The KERNEL argument that was given: "deb:6.1" of "deb:6.1 (PACKAGE VERSION)", "tree:." of "tree:. standing for
/// deb:6.1 (...)".
std::string kernel_as_asked_for(std::string_view run_kernel);

/// Was it a run on a host, and not in a guest? Then it is asked for again by kOnThisHost, there.
bool was_on_host(const Record& record);
/// Only who runs it can tell which disks it may have.
inline constexpr std::string_view kOnThisHost = "--on-this-host DISKS";

/// Does this program hold a profile of that name?
bool is_built_in(const std::string& profile);

/// Would the two do the same, whatever they are called and however they are described?
bool same_settings(const Profile& one, const Profile& other);

/// Does its name alone stand for its settings? A profile changed by --set, or a file of the same name, does not.
bool is_as_shipped(const Profile& profile);

/// What to type, quoted for a shell; "--guest KERNEL" where the kernel must be filled in.
std::vector<std::string> arguments(const Reproducer& reproducer);
/// `blkhang run ...`, broken after `columns` with a backslash, every line after `indent` spaces.
std::string command_lines(const Reproducer& reproducer, std::size_t columns, std::size_t indent);

/// What the run did, for those who would do it by hand: a sentence each.
std::vector<std::string> by_hand(const Profile& profile);

/// A script beside profile.toml that makes the run again and exits as blkhang does.
Result<std::string> reproduce_script(const Record& record, const Templates& templates);
/// The same beside matrix.toml.
Result<std::string> reproduce_matrix_script(const Templates& templates);

}  // namespace blkhang
