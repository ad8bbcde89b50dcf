#pragma once

#include "Escaping.hpp"
#include "Reader.hpp"

namespace holdfast {

/// How a value is read. What is `special` is read by whoever has a table with such a field.
enum class Form : uint8_t { text, range, rawText, rawRange, integer, flag, passed, special };
enum class Need : uint8_t { optional, required };

/// A key to compare with, eight bytes at a time: a raw one has readable bytes behind it.
class Key {
public:
    constexpr Key(const char *text) : text(text) {
        while (text[length] != '\0') { length += 1; }
        for (size_t index = 0; index < length && index < 16; index += 1) {
            words[index / 8].bytes |= uint64_t(uint8_t(text[index])) << (index % 8 * 8);
            words[index / 8].mask |= uint64_t(0xFF) << (index % 8 * 8);
        }
    }

    /// `raw` begins behind its quote. A key that is written with escapes is no known one.
    template <typename Escaping = EscapedOnce>
    bool matches(const char *raw) const {
        if (!words[0].matches(raw) || !Escaping::isQuote(raw + length)) { return false; }
        if (length <= 8) { return true; }
        return words[1].matches(raw + 8) && (length <= 16 || std::memcmp(raw + 16, text + 16, length - 16) == 0);
    }

    /// `"key":` stands at `position`.
    template <typename Escaping>
    bool isMember(const char *position) const {
        const char *const raw = position + Escaping::quoteLength;
        return Escaping::isQuote(position) && matches<Escaping>(raw) && raw[length + Escaping::quoteLength] == ':';
    }

    /// Bytes of `"key":`.
    template <typename Escaping>
    size_t memberLength() const { return length + 2 * Escaping::quoteLength + 1; }

    const char *text;

private:
    struct Word {
        uint64_t bytes = 0, mask = 0;

        bool matches(const char *raw) const {
            uint64_t word;
            std::memcpy(&word, raw, 8);
            return (word & mask) == bytes;
        }
    };

    size_t length = 0;
    Word words[2];
};

/// A key, and where its value goes. Of a key that comes twice the last one counts, as in other readers of JSON.
template <typename Record>
struct Field {
    Key key;
    Form form;
    Need need = Need::optional;
    HoldfastText Record::*text = nullptr;
    HoldfastRange Record::*range = nullptr;
    int64_t Record::*integer = nullptr;
    bool Record::*flag = nullptr;

    constexpr Field(const char *key, HoldfastText Record::*member, Need need = Need::optional)
        : key(key), form(Form::text), need(need), text(member) {}
    constexpr Field(const char *key, HoldfastRange Record::*member, Need need = Need::optional)
        : key(key), form(Form::range), need(need), range(member) {}
    constexpr Field(const char *key, Form form, HoldfastText Record::*member) : key(key), form(form), text(member) {}
    constexpr Field(const char *key, Form form, HoldfastRange Record::*member) : key(key), form(form), range(member) {}
    constexpr Field(const char *key, int64_t Record::*member) : key(key), form(Form::integer), integer(member) {}
    constexpr Field(const char *key, bool Record::*member) : key(key), form(Form::flag), flag(member) {}
    /// Of no interest: named so that it is passed without comparing it to all the others.
    constexpr explicit Field(const char *key, Form form = Form::passed) : key(key), form(form) {}
};

/// Finds the fields of a table by their keys. The server writes its keys in a fixed order, the order of these tables: the
/// next one is nearly always the match.
template <typename Record, size_t count>
class FieldFinder {
public:
    explicit FieldFinder(const Field<Record> (&fields)[count], size_t next = 0) : fields(fields), next(next) {}

    /// Null for a key that is none of them.
    template <typename Escaping = EscapedOnce>
    const Field<Record> *find(const char *key) {
        for (size_t tried = 0; tried < count; tried += 1) {
            const Field<Record> &field = fields[next];
            next = next + 1 == count ? 0 : next + 1;
            if (field.key.template matches<Escaping>(key)) { return &field; }
        }
        return nullptr;
    }

private:
    const Field<Record> (&fields)[count];
    size_t next;
};

/// - Parameter base: where the text begins of which ranges are parts.
template <typename Record>
HoldfastOutcome readField(
    const Field<Record> &field, ondemand::value value, Record &record, const char *base, unsigned depth) {
    switch (field.form) {
    case Form::text: return readText(value, field.key.text, record.*field.text);
    case Form::range: return readRange(value, field.key.text, base, record.*field.range);
    case Form::integer: return readInteger(value, field.key.text, record.*field.integer);
    case Form::flag: return readFlag(value, field.key.text, record.*field.flag);
    case Form::passed:
    case Form::special: return skip(value, depth + 1);
    case Form::rawText:
    case Form::rawRange:
        std::string_view raw;
        HOLDFAST_TRY(readRaw(value, depth + 1, raw));
        if (field.form == Form::rawText) {
            record.*field.text = raw == "null" ? HoldfastText{nullptr, 0} : textOf(raw);
        } else {
            record.*field.range = raw == "null" ? HoldfastRange{0, 0} : rangeOf(base, raw);
        }
        return success;
    }
    return malformed;
}

template <typename Record, size_t count>
HoldfastOutcome readMembers(
    ondemand::object object, const Field<Record> (&fields)[count], Record &record, const char *base, unsigned depth) {
    FieldFinder<Record, count> finder(fields);
    HOLDFAST_TRY(forEachMember(object, [&](const char *key, ondemand::value value) -> HoldfastOutcome {
        const Field<Record> *field = finder.find(key);
        return field == nullptr ? skipMember(key, value, depth + 1) : readField(*field, value, record, base, depth);
    }));
    for (const Field<Record> &field : fields) {
        if (field.need == Need::optional) { continue; }
        const bool isAbsent = field.form == Form::text
            ? (record.*field.text).bytes == nullptr
            : (record.*field.range).offset == 0;
        if (isAbsent) { return {HOLDFAST_JSON_MISSING_KEY, field.key.text}; }
    }
    return success;
}

/// A text that is one object.
template <typename Record, size_t count>
HoldfastOutcome readObject(Parser &parser, HoldfastText json, const Field<Record> (&fields)[count], Record &record) {
    record = Record();
    ondemand::document document;
    HOLDFAST_TRY(parser.open(json, document));
    ondemand::object object;
    HOLDFAST_TRY(outcomeOf(document.get_object().get(object)));
    HOLDFAST_TRY(readMembers(object, fields, record, json.bytes, 1));
    return Parser::close(document);
}

/// A text that is an array, an object whose values matter, or null.
template <typename Body>
HoldfastOutcome visitValues(Parser &parser, HoldfastText json, Body body) {
    if (json.bytes == nullptr) { return success; }
    ondemand::document document;
    HOLDFAST_TRY(parser.open(json, document));
    ondemand::json_type type;
    HOLDFAST_TRY(outcomeOf(document.type().get(type)));
    switch (type) {
    case ondemand::json_type::null:
        return trimmed(std::string_view(json.bytes, json.count)) == "null" ? success : malformed;
    case ondemand::json_type::array: {
        ondemand::array array;
        HOLDFAST_TRY(outcomeOf(document.get_array().get(array)));
        HOLDFAST_TRY(forEachElement(array, body));
        return Parser::close(document);
    }
    case ondemand::json_type::object: {
        ondemand::object object;
        HOLDFAST_TRY(outcomeOf(document.get_object().get(object)));
        HOLDFAST_TRY(forEachMember(object, [&](const char *key, ondemand::value value) {
            return scanString(key).isValid ? body(value) : malformed;
        }));
        return Parser::close(document);
    }
    case ondemand::json_type::string:
    case ondemand::json_type::number:
    case ondemand::json_type::boolean:
        return {HOLDFAST_JSON_WRONG_TYPE, nullptr};
    }
    return malformed;
}

/// One of several records. Its ranges are parts of its own text.
template <typename Record, size_t count>
HoldfastOutcome readElement(
    ondemand::value value, const Field<Record> (&fields)[count], Record &record, std::string_view &whole, unsigned depth) {
    const std::string_view token = tokenOf(value);
    if (token != "{") { return {HOLDFAST_JSON_WRONG_TYPE, nullptr}; }
    ondemand::object object;
    HOLDFAST_TRY(outcomeOf(value.get_object().get(object)));
    HOLDFAST_TRY(readMembers(object, fields, record, token.data(), depth));
    return passedSince(token.data(), value, whole);
}

template <typename Record, size_t count, typename Visit>
HoldfastOutcome visitRecords(Parser &parser, HoldfastText json, const Field<Record> (&fields)[count], Visit visit) {
    return visitValues(parser, json, [&](ondemand::value value) -> HoldfastOutcome {
        Record record = Record();
        std::string_view whole;
        HOLDFAST_TRY(readElement(value, fields, record, whole, 2));
        visit(record, textOf(whole));
        return success;
    });
}

template <typename Record, size_t count>
HoldfastOutcome visitRecords(
    Parser &parser, HoldfastText json, const Field<Record> (&fields)[count], void *context,
    void (*visit)(void *, const Record *)) {
    return visitRecords(parser, json, fields, [&](const Record &record, HoldfastText) { visit(context, &record); });
}

}  // namespace holdfast
