// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "diagnose/diagnosis.h"

namespace blkhang {

/// A report for the mailing lists of the functions in the circle, 75 columns, as plain text. It says in its first
/// paragraph that it was read from a log. What is not of the family, or tells too little, is nothing to write a mail
/// about, and the error says so. What tells whose machine it was is still in it.
Result<std::string> mail_of(const Diagnosis& diagnosis);

}  // namespace blkhang
