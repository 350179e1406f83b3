// SPDX-License-Identifier: GPL-2.0-only
#include "report/mail/attachment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blkhang {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Attachment, StandsBehindTheText) {
    EXPECT_EQ(with_attachment("To: a\nSubject: b\n\ntext\n", "config.txt", "CONFIG_A=y\n"),
              "To: a\nSubject: b\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"blkhang-part\"\n\n"
              "--blkhang-part\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\ntext\n\n"
              "--blkhang-part\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
              "Content-Disposition: attachment; filename=\"config.txt\"\n\nCONFIG_A=y\n--blkhang-part--\n");
}

TEST(Attachment, EndsWhereItsOwnBoundaryIs) {
    const auto mail = with_attachment("To: a\n\nx\n", "c", "--blkhang-part--\nBcc: b\x1b[2J");
    EXPECT_THAT(mail, AllOf(HasSubstr("boundary=\"blkhang-part---\""), Not(HasSubstr("\x1b"))));
    EXPECT_TRUE(mail.ends_with("\n--blkhang-part-----\n"));
}

TEST(Attachment, LongLinesAreBrokenAsMailsNeedIt) {
    const auto mail = with_attachment("To: a\n\nx\n", "c", std::string(2000, 'y'));
    EXPECT_THAT(mail, HasSubstr("\n\n" + std::string(900, 'y') + "\n" + std::string(900, 'y') + "\n"));
}

}  // namespace
}  // namespace blkhang
