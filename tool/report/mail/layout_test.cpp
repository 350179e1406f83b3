// SPDX-License-Identifier: GPL-2.0-only
#include "report/mail/layout.h"

#include <gtest/gtest.h>

namespace blkhang {
namespace {

TEST(LaidOutMail, HasNoLineThatMailProgramsRefuse) {
    std::string word;
    for (int i = 0; i < 2000; ++i) {
        word += "\u00e4";
    }
    const std::string mail = laid_out_mail("Subject: " + word + "\n\n    " + word + "\n" + word + "\n");
    std::size_t begin = 0;
    for (auto end = mail.find('\n'); end != std::string::npos; end = mail.find('\n', begin)) {
        EXPECT_LE(end - begin, 998U);
        const std::size_t first = mail[begin] == ' ' ? begin + 1 : begin;
        EXPECT_NE(static_cast<unsigned char>(mail[first]) & 0xC0U, 0x80U) << "a character is torn";
        begin = end + 1;
    }
}

}  // namespace
}  // namespace blkhang
