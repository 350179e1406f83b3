// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "profile/profile.h"
#include "record/record.h"
#include "record/tally.h"
#include "report/compare/compare.h"
#include "report/mail/recipients.h"
#include "report/words/templates.h"

namespace blkhang {

/// Frames as a record has them, to the lines that stand for them: a line for each function inlined there, innermost
/// first, the frame itself last.
using DecodedFrames = std::map<std::string, std::vector<std::string>, std::less<>>;

/// A commit that a bisection ended at.
struct BisectedCommit {
    std::string hash;                 ///< as far as it was given
    std::string subject;              ///< empty if no sources were at hand to be asked
    std::vector<std::string> people;  ///< who wrote it and who signed it off: "NAME <ADDRESS>"
};

/// A kernel that failed a profile, and all that is known of it.
struct BugReport {
    Record record;                ///< of the run that is shown, which failed
    Tally tally;                  ///< of all runs of that kernel with that profile
    std::vector<Tally> others;    ///< other kernels with that profile
    std::vector<Tally> symptoms;  ///< of that kernel with other profiles, where it failed as well
    struct Baseline {
        ComparedPair pair;             ///< BEFORE is the baseline
        std::optional<Record> record;  ///< of one of its runs
        bool settings_known = false;   ///< of both kernels' runs, and are the same
    };
    std::optional<Baseline> baseline;
    std::optional<Profile> profile;         ///< as resolved
    std::optional<Profile> shipped;         ///< of the same name, in this version of blkhang
    std::optional<Recipients> maintainers;  ///< nothing: the lists known to fit
    DecodedFrames decoded;
    std::string commit = {};  ///< that the kernel was built from, if that was said
    std::optional<BisectedCommit> bisected = {};
    std::string config = {};    ///< the whole .config, to be attached; empty if it is not at hand
    std::string link = {};      ///< where the report or more of its evidence stands; empty for nowhere
    std::string reporter = {};  ///< "NAME <ADDRESS>"; empty if nobody says
};

/// A mail to the kernel's maintainers: To, Cc and Subject, an empty line, and text of at most kMailColumns but for
/// commands and frames that are longer. A regression only where the baseline shows one (mail_regression.h).
Result<std::string> render_mail(const BugReport& report, const Templates& templates);

/// Is the kernel one of kernel.org's, as far as its names tell? If not, the sender should know that first.
bool is_vanilla(const Record& record);

}  // namespace blkhang
