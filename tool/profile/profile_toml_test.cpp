// SPDX-License-Identifier: GPL-2.0-only
#include "profile/profile_toml.h"

#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/few_of.h"
#include "profile/consistency.h"
#include "profile/fields.h"

namespace blkhang {
namespace {

using testing::HasSubstr;

/// A valid head, three lines long.
const std::string head = "name = 'x'\nsummary = 'y'\n\n";

std::string error_of(const std::string& toml) {
    const auto profile = parse_profile(toml, "p.toml");
    if (profile) {
        ADD_FAILURE() << toml << " was accepted";
        return "";
    }
    EXPECT_EQ(profile.error().fault(), Fault::usage);
    return profile.error().message();
}

TEST(ParseProfile, KeepsDefaultsForWhatIsLeftOut) {
    const auto profile = parse_profile(head + "[churn]\nring = 7\n", "p.toml").value();
    EXPECT_EQ(profile.name, "x");
    EXPECT_EQ(profile.summary, "y");
    EXPECT_EQ(profile.churn.ring, 7U);
    EXPECT_EQ(profile.churn.workers, Profile{}.churn.workers);
    EXPECT_TRUE(profile.coverage.empty());
}

TEST(ParseProfile, TakesAVersionAsNumberOrWord) {
    for (const char* version : {"1", "'1'"}) {
        EXPECT_EQ(parse_profile(head + "cgroup.version = " + version, "p.toml").value().cgroup.version,
                  CgroupVersion::v1);
    }
}

TEST(ParseProfile, UnknownKeysNameThePlaceAndTheNearest) {
    EXPECT_EQ(error_of(head + "[churn]\n  rng = 7\n"),
              "p.toml:5:3: key 'churn.rng': unknown key; did you mean 'churn.ring'?");
    EXPECT_EQ(error_of(head + "[chrun]\nring = 7\n"), "p.toml:4:2: key 'chrun': unknown key; did you mean 'churn'?");
    EXPECT_EQ(error_of(head + "[coverage]\ntrails = 7\n"),
              "p.toml:5:1: key 'coverage.trails': unknown key; did you mean 'coverage.trials'?");
    EXPECT_EQ(error_of(head + "temperature = 7\n"), "p.toml:4:1: key 'temperature': unknown key");
}

TEST(ParseProfile, WrongTypesAndRangesSayWhatWasFound) {
    EXPECT_EQ(error_of(head + "[churn]\nring = '7'\n"),
              "p.toml:5:8: key 'churn.ring': expected a whole number from 1 to 10000, found the text '7'");
    EXPECT_EQ(error_of(head + "[churn]\nring = 0\n"),
              "p.toml:5:8: key 'churn.ring': expected a whole number from 1 to 10000, found 0");
    EXPECT_THAT(error_of(head + "churn.ring = 1.5"), HasSubstr("found 1.5"));
    EXPECT_THAT(error_of(head + "churn.ring = [1]"), HasSubstr("found an array"));
    EXPECT_THAT(error_of(head + "churn.ring = 2024-01-01"), HasSubstr("found a date or time"));
    EXPECT_THAT(error_of(head + "[churn.ring]\nx = 1"), HasSubstr("found a table"));
    EXPECT_THAT(error_of(head + "churn = 3"), HasSubstr("p.toml:4:9: key 'churn': expected a table [churn], found 3"));
    EXPECT_THAT(error_of(head + "duration = 40"), HasSubstr("expected a duration from 1s to 24h"));
    EXPECT_THAT(error_of(head + "probe.enabled = 'yes'"), HasSubstr("expected true or false"));
}

TEST(ParseProfile, RequiredKeysAreMissed) {
    EXPECT_THAT(error_of("summary = 'y'"), HasSubstr("p.toml:1:1: key 'name': missing; expected a name of a-z"));
    EXPECT_THAT(error_of("name = 'x'"), HasSubstr("p.toml:1:1: key 'summary': missing"));
    EXPECT_THAT(error_of("name = 'X Y'\nsummary = 'y'"), HasSubstr("p.toml:1:8: key 'name': expected a name of a-z"));
}

TEST(ParseProfile, ReportsAllProblemsSortedByPlace) {
    EXPECT_EQ(error_of("\nzeta = 1\nname = 'x'\n[churn]\nring = 0\nrng = 1\n"),
              "p.toml:1:1: key 'summary': missing; expected one line of text of 1 to 200 bytes\n"
              "p.toml:2:1: key 'zeta': unknown key\n"
              "p.toml:5:8: key 'churn.ring': expected a whole number from 1 to 10000, found 0\n"
              "p.toml:6:1: key 'churn.rng': unknown key; did you mean 'churn.ring'?");
}

TEST(ParseProfile, BrokenTomlNamesThePlace) {
    EXPECT_THAT(error_of("name = \n"), HasSubstr("p.toml:1:8: not valid TOML: "));
    EXPECT_THAT(error_of(head + "[churn]\nring = 1\nring = 2\n"), HasSubstr("p.toml:6:"));
    EXPECT_THAT(error_of("name = '\xff'"), HasSubstr("not valid TOML"));
    // Found by fuzzing: toml++ comes to where it tells the compiler that it never does.
    EXPECT_THAT(error_of("na\u00efve = 1\n"), HasSubstr("p.toml:1:1: not valid TOML: "));
}

TEST(ParseProfile, ContradictionsNameTheFile) {
    EXPECT_THAT(error_of(head + "pressure.vm = 1"), HasSubstr("p.toml: profile 'x': pressure.vm"));
}

TEST(ParseProfile, TakesTriggersInTheirOrder) {
    const auto profile =
        parse_profile(head +
                          "[[trigger]]\nname = 'a'\nfile = '/sys/block/{disk}/x'\nvalues = ['1', '2']\n"
                          "[[trigger]]\nname = 'b'\ndisk = 'data'\nfile = '{cgroup}/io.max'\n"
                          "values = ['{number} wbps=1']\nevery = '50ms'\ndelay = '2s'\n",
                      "p.toml")
            .value();
    ASSERT_EQ(profile.triggers.size(), 2U);
    EXPECT_EQ(profile.triggers[0].name, "a");
    EXPECT_EQ(profile.triggers[0].values, (std::vector<std::string>{"1", "2"}));
    EXPECT_EQ(profile.triggers[0].disk, TriggerDisk::swap);
    EXPECT_EQ(profile.triggers[1].file, "{cgroup}/io.max");
    EXPECT_EQ(profile.triggers[1].disk, TriggerDisk::data);
    EXPECT_EQ(profile.triggers[1].every, std::chrono::milliseconds(50));
    EXPECT_EQ(profile.triggers[1].delay, std::chrono::seconds(2));

    const auto back = parse_profile(to_toml(profile), "p.toml").value();
    EXPECT_EQ(to_toml(back), to_toml(profile));
    ASSERT_EQ(back.triggers.size(), 2U);
    EXPECT_EQ(back.triggers[1].values, profile.triggers[1].values);
}

TEST(ParseProfile, WrongTriggersNameThePlace) {
    const std::string good = head + "[[trigger]]\nname = 'a'\nfile = '/x'\nvalues = ['1']\n";
    EXPECT_EQ(error_of(head + "[[trigger]]\nname = 'a'\nvalues = ['1']\n"),
              "p.toml:4:1: key 'trigger.file': missing; expected an absolute path, or one that begins with {cgroup}/, "
              "of 1 to 1000 bytes");
    EXPECT_EQ(error_of(good + "evry = '1s'\n"),
              "p.toml:8:1: key 'trigger.evry': unknown key; did you mean 'trigger.every'?");
    EXPECT_THAT(error_of(good + "every = 1"), HasSubstr("p.toml:8:9: key 'trigger.every': expected a duration"));
    EXPECT_THAT(error_of(head + "[trigger]\nname = 'a'"), HasSubstr("expected tables [[trigger]], found a table"));
    EXPECT_THAT(error_of(head + "[[trigger]]\nname='a'\nfile='/x'\nvalues=[]"), HasSubstr("a list of texts"));
    EXPECT_THAT(error_of(head + "[[trigger]]\nname='a'\nfile='/x'\nvalues=[1]"), HasSubstr("a list of texts"));
    EXPECT_THAT(error_of(head + "[[trigger]]\nname='a'\nfile='/x'\nvalues=['{numbr}']"), HasSubstr("a list of texts"));
    EXPECT_THAT(error_of(head + "[[trigger]]\nname='a'\nfile='/{dsik}'\nvalues=['1']"), HasSubstr("trigger.file"));
    EXPECT_THAT(error_of(good + "[[trigger]]\nname = 'a'\nfile = '/x'\nvalues = ['1']\n"),
                HasSubstr("two triggers are named 'a'"));
    EXPECT_THAT(error_of(good + "disk = 'fresh'"), HasSubstr("trigger 'a' wants fresh disks, but swap.spare is 0"));
}

TEST(ParseProfile, TriggersSayWhichWritesAreTrials) {
    const std::string good = head + "[[trigger]]\nname = 'a'\nfile = '/x'\nvalues = ['1', '2']\n";
    const auto trigger = parse_profile(good + "trials = ['2']\ngrows = true\n", "p.toml").value().triggers.at(0);
    EXPECT_EQ(trigger.trials, std::vector<std::string>{"2"});
    EXPECT_TRUE(trigger.grows);
    EXPECT_THAT(error_of(good + "trials = ['3']\n"), HasSubstr("'3' is among its trials but not among its values"));
}

TEST(ParseProfile, CoverageMayDependOnAFingerprint) {
    const std::string where = head + "[[coverage_where]]\nfingerprint = 'freeze_noio'\nvalue = 'no'\n";
    const auto profile = parse_profile(where + "queue_freezes = 4\n", "p.toml").value();
    ASSERT_EQ(profile.coverage_where.size(), 1U);
    EXPECT_EQ(profile.coverage_where[0].fingerprint, "freeze_noio");
    EXPECT_EQ(profile.coverage_where[0].value, "no");
    EXPECT_EQ(profile.coverage_where[0].coverage.at("queue_freezes"), 4U);
    EXPECT_EQ(to_toml(parse_profile(to_toml(profile), "p.toml").value()), to_toml(profile));
    EXPECT_THAT(error_of(where), HasSubstr("coverage_where freeze_noio = no demands nothing"));
    EXPECT_THAT(error_of(where + "queue_freeze = 4"), HasSubstr("did you mean 'coverage_where.queue_freezes'?"));
    EXPECT_THAT(error_of(head + "[[coverage_where]]\nvalue = 'no'\n"),
                HasSubstr("'coverage_where.fingerprint': missing"));
}

TEST(ParseProfile, TrialIsACoverageId) {
    EXPECT_EQ(parse_profile(head + "trial = 'queue_freezes'", "p.toml").value().trial, "queue_freezes");
    EXPECT_THAT(error_of(head + "trial = 'queue_freeze'"), HasSubstr("p.toml:4:9: key 'trial': expected one of "));
    EXPECT_THAT(error_of(head + "trial = 'trials'"), HasSubstr("found the text 'trials'"));
}

TEST(ToToml, PrintsSectionsInOrderAndUnitsThatRead) {
    Profile profile;
    profile.name = "x";
    profile.summary = "y";
    profile.description = "two\nlines\n";
    profile.cgroup.version = CgroupVersion::v2;
    profile.coverage["trials"] = 20;
    const std::string text = to_toml(profile);
    EXPECT_THAT(text, HasSubstr("description = \"\"\"\ntwo\nlines\n\"\"\"\n"));
    EXPECT_THAT(text,
                HasSubstr("duration = \"1m\"\npatience = \"0s\"\ntrial = "
                          "\"owner_first_bios\"\ncalibrate = \"sync-alloc\"\n\n[cgroup]\nversion = 2\n\n[churn]\n"));
    EXPECT_THAT(text, HasSubstr("member_memory = \"2MiB\"\n"));
    EXPECT_THAT(text, HasSubstr("\n[throttle.data]\nread_bytes_per_s = 0\n"));
    EXPECT_THAT(text, HasSubstr("\n[coverage]\ntrials = 20\n"));
    EXPECT_THAT(text, Not(HasSubstr("owner_bios")));
}

/// Values of every kind; each field takes some of them.
class Values {
public:
    explicit Values(unsigned seed) : random_(seed) {}

    FieldValue next() {
        switch (below(6)) {
            case 0:
                return below(2) == 0;
            case 1:
                return static_cast<std::int64_t>(std::uniform_int_distribution<std::uint64_t>{}(random_) >> below(64));
            case 2:
                return fmt::format("{}{}", below(2000), pick({"", "KiB", "MiB", "GiB"}));
            case 3:
                return fmt::format("{}{}", below(200), pick({"s", "m", "h"}));
            case 4:
                return std::string(pick({"auto", "1", "2", "direct", "buffered", "sequential", "random", "fentry"}));
            default:
                return text();
        }
    }
    std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

private:
    const char* pick(const std::vector<const char*>& from) { return from[below(from.size())]; }

    /// What quoting could get wrong.
    std::string text() {
        std::string result;
        for (std::size_t left = below(12); left > 0; --left) {
            result += pick({"a", "b-", " ", "\n", "\r\n", "\t", "\"", "\"\"\"", "'", "\\", "\\n", "#", "=", "\x01",
                            "\x7f", "\u00e9", "\U0001F600"});
        }
        return result;
    }

    std::mt19937 random_;
};

TEST(ToToml, ReadsBackAsTheSameProfile) {
    for (unsigned seed = 0; seed < 300; ++seed) {
        Values values(seed);
        Profile profile;
        profile.name = "x";
        profile.summary = "y";
        for (const Field& field : fields()) {
            for (std::size_t attempt = values.below(8); attempt > 0; --attempt) {
                field.set(profile, values.next());
            }
        }
        if (!check_consistency(profile)) {
            profile.writers = Profile{}.writers;
            profile.pressure = Profile{}.pressure;
            profile.kvm = Profile{}.kvm;
            profile.guest = Profile{}.guest;
            profile.swap = Profile{}.swap;
        }
        const std::string text = to_toml(profile);
        const auto back = parse_profile(text, "p.toml");
        ASSERT_TRUE(back) << "seed " << seed << "\n" << back.error().message() << "\n" << text;
        for (const Field& field : fields()) {
            ASSERT_EQ(field.get(*back), field.get(profile)) << "seed " << seed << ", " << field.key << "\n" << text;
        }
    }
}

TEST(ParseProfile, OfManyMistakesFewAreTold) {
    std::string text = "name = \"x\"\nsummary = \"y\"\n";
    for (int i = 0; i < 20'000; ++i) {
        text += fmt::format("mistake{} = 1\n", i);
    }
    const auto profile = parse_profile(text, "p.toml");
    ASSERT_FALSE(profile);
    const auto messages = profile.error().messages();
    ASSERT_EQ(messages.size(), kFew);
    EXPECT_EQ(messages.front(), "p.toml:3:1: key 'mistake0': unknown key");
    EXPECT_EQ(messages.back(), "... and 19981 more");
}

TEST(ParseProfile, TooManyTablesAreOneMistake) {
    std::string text = "name = \"x\"\nsummary = \"y\"\n";
    for (int i = 0; i < 20'000; ++i) {
        text += "[[trigger]]\n";
    }
    const auto profile = parse_profile(text, "p.toml");
    ASSERT_FALSE(profile);
    EXPECT_THAT(profile.error().message(), testing::HasSubstr("20000 tables, but a run has room for 8"));
    EXPECT_EQ(profile.error().messages().size(), 1U);
}

TEST(ParseProfile, AMistakeThatIsABookIsToldInShort) {
    const std::string book(1 << 19, 'x');
    const auto profile =
        parse_profile("name = \"x\"\nsummary = 1\n" + book + " = 1\nduration = '" + book + "'\n", "p.toml");
    ASSERT_FALSE(profile);
    EXPECT_EQ(profile.error().messages().size(), 3U);
    EXPECT_LT(profile.error().message().size(), 500U);
}

}  // namespace
}  // namespace blkhang
