// SPDX-License-Identifier: GPL-2.0-only
#include "record/archive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace blkhang {
namespace {

struct Inner {
    std::string text;
    std::vector<std::string> list;
};
template <class Archive, Of<Inner> T>
void fields(Archive& archive, T& inner) {
    archive("text", inner.text)("list", inner.list);
}
struct Outer {
    std::string name = "a\n\"\xc3\xa9\xff";
    Inner inner;
    std::vector<Inner> empty;
    std::vector<Inner> full;
    std::vector<std::string> names{"x", ""};
    std::map<std::string, std::uint64_t> map{{"one", 1}};
    std::optional<std::vector<Inner>> perhaps, absent;
    std::optional<double> number = 1.5;
};
template <class Archive, Of<Outer> T>
void fields(Archive& archive, T& outer) {
    archive("name", outer.name)("inner", outer.inner)("empty", outer.empty)("full", outer.full)("names", outer.names)(
        "map", outer.map)("perhaps", outer.perhaps)("absent", outer.absent)("number", outer.number);
}

Status in_pieces(const Outer& outer, const TakesPiece& take) {
    JsonPieces pieces(take);
    fields(pieces, outer);
    return pieces.finish();
}

TEST(JsonPieces, SayWhatTheWholeSays) {
    Outer outer;
    for (const std::size_t elements : {0U, 1U, 3U}) {
        outer.full.assign(elements, {"line\nline", {"p", "q"}});
        outer.perhaps = outer.full;
        Json json = Json::object();
        JsonWriter writer(json);
        fields(writer, outer);
        EXPECT_EQ(in_one_piece([&](const TakesPiece& take) { return in_pieces(outer, take); }), to_text(json));
    }
    EXPECT_EQ(in_one_piece([&](const TakesPiece& take) { return JsonPieces(take).finish(); }), "{}\n");
}

TEST(JsonPieces, AreSmallHoweverLongAListIs) {
    Outer outer;
    outer.full.assign(20000, {"some text", {"p", "q"}});
    std::size_t largest = 0;
    std::size_t all = 0;
    ASSERT_TRUE(in_pieces(outer, [&](std::string_view piece) {
        largest = std::max(largest, piece.size());
        all += piece.size();
        return Status();
    }));
    EXPECT_GT(all, 1'000'000U);
    EXPECT_LT(largest, 128U << 10U);
}

TEST(JsonPieces, EndAtTheFirstFailure) {
    Outer outer;
    outer.full.assign(20000, {"some text", {"p", "q"}});
    int taken = 0;
    const Status status = in_pieces(outer, [&](std::string_view) -> Status {
        ++taken;
        return fail(Fault::broken, "full");
    });
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().message(), "full");
    EXPECT_EQ(taken, 1);
}

}  // namespace
}  // namespace blkhang
