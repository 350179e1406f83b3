// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/directory.h"
#include "base/result.h"
#include "report/text/record.h"
#include "report/words/templates.h"

namespace blkhang {

/// What a report is made from, and what was said about its form. A format looks at what it heeds.
struct ReportRequest {
    std::filesystem::path directory;                     ///< of a record or a matrix
    std::vector<std::filesystem::path> others = {};      ///< more of them, for a format that takes several
    std::optional<std::filesystem::path> output = {};    ///< the file that it goes to; nothing for standard output
    TextOptions text = {};                               ///< for what is read on a terminal
    std::optional<Templates> templates = {};             ///< where they are not the built-in ones
    std::string origin = "blkhang";                      ///< the CI system that results come from
    bool flat = false;                                   ///< no tests within tests
    std::optional<std::filesystem::path> baseline = {};  ///< a record or a matrix to compare with
    std::filesystem::path tree = {};                     ///< kernel sources; empty for none
    std::filesystem::path vmlinux = {};                  ///< the kernel's image with debug information; empty for none
    std::string kernel = {}, profile = {};               ///< which of a matrix's; empty for the one that it has
    std::string commit = {};                             ///< of git, that the kernel was built from; empty if unknown
    std::string bisected = {};                           ///< the commit that a bisection ended at; empty for none
    std::filesystem::path config = {};                   ///< the kernel's .config, to be attached; empty for none
    std::string link = {};                               ///< where more of it stands; empty for nowhere
};

/// A file that a report does not do without: the end of its name, behind that of the report's, and what it holds.
struct FileBeside {
    std::string suffix, text;
};

/// A row of the table of formats: all that there is to know about one.
struct ReportFormat {
    using Render = Result<std::string> (*)(const Directory&, const ReportRequest&);
    using RenderSeveral = Result<std::string> (*)(const std::vector<std::filesystem::path>&, const ReportRequest&);

    std::string_view name;                ///< as --format takes it
    std::string_view help;                ///< what it is good for
    std::vector<std::string_view> heeds;  ///< options that mean something to it and not to every format
    Render record;                        ///< null if there is no such report of a record
    Render matrix;                        ///< null if there is no such report of a matrix
    /// Of several directories, or of one that is a folder of them; null if it is made of one record or matrix only.
    RenderSeveral several = nullptr;
    /// Of a file of this name, what has to stand beside it; null if nothing ever has to.
    std::optional<FileBeside> (*beside)(const std::filesystem::path&) = nullptr;
};

/// All of them, in the order in which they are listed; the first is the default.
const std::vector<ReportFormat>& report_formats();
/// An unknown name is the user's error, which lists those there are.
Result<ReportFormat> find_format(std::string_view name);
/// The names of the formats that heed this option: none where it is a matter of no format.
std::vector<std::string_view> formats_that_heed(std::string_view option);

/// The report, of whatever the directory holds, or the directories do.
Result<std::string> render(const ReportFormat& format, const ReportRequest& request);

}  // namespace blkhang
