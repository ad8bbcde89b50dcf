#pragma once

// JSON as the server writes it: without white space, numbers that are whole, nothing unusual. One pass reads it. Whatever is
// not exactly of that form is refused here and left to simdjson, whose answer is the same for all that is accepted here.

#include "PlainStrings.hpp"
#include "Record.hpp"

namespace holdfast {

/// Walks through a text in one pass. Behind the text there are readable bytes; none of the steps goes far beyond its end, where
/// the caller looks.
template <typename Escaping>
class PlainReader {
public:
    /// - Parameters:
    ///   - base: where the text begins of which ranges are parts.
    ///   - end: where it ends at the latest.
    PlainReader(const char *base, const char *end) : position(base), strings(end), base(base), end(end) {}

    /// All that was read is known to be ASCII. Outside of strings nothing else is taken.
    bool isASCII() const { return strings.areASCII; }

    /// Of the next byte to read.
    const char *position;

    template <size_t size>
    bool takes(const char (&word)[size]) {
        // The length is known here, so that this is a comparison of a word or two and no call.
        if (__builtin_memcmp(position, word, size - 1) != 0) { return false; }
        position += size - 1;
        return true;
    }

    [[gnu::always_inline]] bool takeString(HoldfastRange &range) {
        std::string_view inside;
        bool hasEscapes = false;
        if (!strings.take(position, inside, hasEscapes)) { return false; }
        range = rangeOf(base, inside, hasEscapes);
        return true;
    }

    /// At most 18 digits, which always fit.
    [[gnu::always_inline]] bool takeInteger(int64_t &number) {
        const bool isNegative = *position == '-';
        const char *const start = position + (isNegative ? 1 : 0);
        const char *next = start;
        int64_t magnitude = 0;
        if (areEightDigits(next)) {
            magnitude = eightDigits(next);
            next += 8;
        }
        while (isDigit(*next) && next - start < 19) { magnitude = magnitude * 10 + (*next++ - '0'); }
        const size_t digits = size_t(next - start);
        position = next;
        number = isNegative ? -magnitude : magnitude;
        return digits > 0 && digits < 19 && (*start != '0' || digits == 1);
    }

    /// An object that is read into a record. `takeSpecial()` takes the value of a special field.
    template <const auto &fields, typename Record, typename TakeSpecial>
    bool takeRecord(Record &record, TakeSpecial takeSpecial) {
        if (!takes("{")) { return false; }
        if (takes("}")) { return true; }
        size_t next = 0;
        switch (takeInOrder<fields, 0>(record, takeSpecial, next)) {
        case Progress::ended: return true;
        case Progress::failed: return false;
        case Progress::goesOn: return takeInAnyOrder<fields>(record, takeSpecial, next);
        }
        return false;
    }

    /// A value of no interest.
    bool takeAny(unsigned depth = 0) {
        HoldfastRange string;
        int64_t number;
        if (Escaping::isQuote(position)) { return takeString(string); }
        switch (*position) {
        case 't': return takes("true");
        case 'f': return takes("false");
        case 'n': return takes("null");
        case '{': return depth < 8 && takeMembers(depth + 1);
        case '[': return depth < 8 && takeElements(depth + 1);
        default: return takeInteger(number);
        }
    }

    /// A value of a type that its field has, or null.
    template <typename Record>
    [[gnu::always_inline]] bool takeField(const Field<Record> *field, Record &record) {
        if (field == nullptr || field->form == Form::passed) { return takeAny(); }
        const char *const start = position;
        switch (field->form) {
        case Form::range:
            if (Escaping::isQuote(position)) { return takeString(record.*field->range); }
            record.*field->range = {0, 0};
            return takes("null");
        case Form::integer:
            if (*position != 'n') { return takeInteger(record.*field->integer); }
            record.*field->integer = 0;
            return takes("null");
        case Form::flag:
            record.*field->flag = takes("true");
            return record.*field->flag || takes("false") || takes("null");
        case Form::rawRange:
            if (!takeAny()) { return false; }
            record.*field->range =
                *start == 'n' ? HoldfastRange{0, 0} : rangeOf(base, std::string_view(start, size_t(position - start)));
            return true;
        case Form::text:
        case Form::rawText:
        case Form::passed:
        case Form::special: return false;
        }
        return false;
    }

private:
    PlainStrings<Escaping> strings;
    const char *base;
    const char *end;

    enum class Progress : uint8_t { ended, failed, goesOn };

    /// Takes the members that come in the order of the table, as those of the server do. All that is known of them is known
    /// when this is compiled: to compare a key is to compare with constants.
    ///
    /// - Parameter next: which field is to come next.
    template <const auto &fields, size_t index, typename Record, typename TakeSpecial>
    [[gnu::always_inline]] Progress takeInOrder(Record &record, TakeSpecial &takeSpecial, size_t &next) {
        if constexpr (index == std::size(fields)) {
            return Progress::goesOn;
        } else {
            constexpr const auto &field = fields[index];
            if (field.key.template isMember<Escaping>(position)) {
                position += field.key.template memberLength<Escaping>();
                next = (index + 1) % std::size(fields);
                const Progress progress = takeValue(&field, record, takeSpecial);
                if (progress != Progress::goesOn) { return progress; }
            }
            return takeInOrder<fields, index + 1>(record, takeSpecial, next);
        }
    }

    /// Takes the rest.
    template <const auto &fields, typename Record, typename TakeSpecial>
    [[gnu::noinline]] bool takeInAnyOrder(Record &record, TakeSpecial &takeSpecial, size_t next) {
        FieldFinder<Record, std::size(fields)> finder(fields, next);
        for (;;) {
            HoldfastRange key;
            if (!takeString(key) || !takes(":")) { return false; }
            const Progress progress = takeValue(finder.template find<Escaping>(base + key.offset), record, takeSpecial);
            if (progress != Progress::goesOn) { return progress == Progress::ended; }
        }
    }

    /// Takes the value of a member, and what follows it. `field` is null for a key of no interest.
    template <typename Record, typename TakeSpecial>
    [[gnu::always_inline]] Progress takeValue(const Field<Record> *field, Record &record, TakeSpecial &takeSpecial) {
        if (position >= end) { return Progress::failed; }
        const bool isTaken = field != nullptr && field->form == Form::special ? takeSpecial() : takeField(field, record);
        if (!isTaken) { return Progress::failed; }
        if (takes("}")) { return Progress::ended; }
        return takes(",") ? Progress::goesOn : Progress::failed;
    }

    bool takeMembers(unsigned depth) {
        if (!takes("{")) { return false; }
        if (takes("}")) { return true; }
        for (;;) {
            HoldfastRange key;
            if (!takeString(key) || !takes(":") || !takeAny(depth)) { return false; }
            if (takes("}")) { return true; }
            if (!takes(",")) { return false; }
        }
    }

    bool takeElements(unsigned depth) {
        if (!takes("[")) { return false; }
        if (takes("]")) { return true; }
        for (;;) {
            if (position >= end || !takeAny(depth)) { return false; }
            if (takes("]")) { return true; }
            if (!takes(",")) { return false; }
        }
    }
};

}  // namespace holdfast
