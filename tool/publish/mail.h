// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "report/words/templates.h"

namespace blkhang {

/// What a mail is made from; what is empty was not given.
struct MailRequest {
    std::filesystem::path directory;
    std::filesystem::path baseline = {};    ///< a record or matrix of another kernel
    std::filesystem::path tree = {};        ///< kernel sources, for the recipients
    std::filesystem::path vmlinux = {};     ///< for file and line of stack frames
    std::string kernel = {}, profile = {};  ///< which of a matrix's; as asked for there
    std::string commit = {};                ///< of git, that the kernel was built from
    std::string bisected = {};              ///< the commit that a bisection ended at
    std::filesystem::path config = {};  ///< the kernel's .config, to be attached in place of the one that the run left
    std::string link = {};              ///< where more of it stands: what the run left is not attached then
};

/// A bug report or, where the baseline shows one, that of a regression; or, where DIR is clean beyond chance and the
/// baseline is not, the paragraph that answers to a patch. Anything else is nothing to write a mail about, and the
/// error says why. Warns of what the sender should do first.
Result<std::string> write_mail(const MailRequest& request, const Templates& templates);

}  // namespace blkhang
