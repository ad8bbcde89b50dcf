#pragma once

#include "Reader.hpp"

namespace holdfast {

enum class Form : uint8_t { text, raw, integer, flag };
enum class Need : uint8_t { optional, required };

/// A key, and where its value goes. Of a key that comes twice the last one counts, as in other readers of JSON.
template <typename Record>
struct Field {
    const char *key;
    Form form;
    Need need = Need::optional;
    HoldfastText Record::*text = nullptr;
    int64_t Record::*integer = nullptr;
    bool Record::*flag = nullptr;

    constexpr Field(const char *key, HoldfastText Record::*member, Need need = Need::optional)
        : key(key), form(Form::text), need(need), text(member) {}
    constexpr Field(const char *key, Form form, HoldfastText Record::*member) : key(key), form(form), text(member) {}
    constexpr Field(const char *key, int64_t Record::*member) : key(key), form(Form::integer), integer(member) {}
    constexpr Field(const char *key, bool Record::*member) : key(key), form(Form::flag), flag(member) {}
};

/// Compares a raw key, which begins behind its quote. A key that is written with escapes is no known one.
inline bool isKey(const char *raw, const char *key) {
    while (*key != '\0' && *raw == *key) {
        raw += 1;
        key += 1;
    }
    return *key == '\0' && *raw == '"';
}

template <typename Record, size_t count>
HoldfastOutcome readMembers(
    ondemand::object object, const Field<Record> (&fields)[count], Record &record, unsigned depth) {
    // The server writes its keys in a fixed order, the order of these tables: the next one is nearly always the match.
    size_t next = 0;
    HOLDFAST_TRY(forEachMember(object, [&](const char *key, ondemand::value value) -> HoldfastOutcome {
        size_t tried = 0;
        while (tried < count && !isKey(key, fields[next].key)) {
            next = next + 1 == count ? 0 : next + 1;
            tried += 1;
        }
        if (tried == count) { return skipMember(key, value, depth + 1); }
        const Field<Record> &field = fields[next];
        next = next + 1 == count ? 0 : next + 1;
        switch (field.form) {
        case Form::text: return readText(value, field.key, record.*field.text);
        case Form::integer: return readInteger(value, field.key, record.*field.integer);
        case Form::flag: return readFlag(value, field.key, record.*field.flag);
        case Form::raw:
            std::string_view raw;
            HOLDFAST_TRY(readRaw(value, depth + 1, raw));
            record.*field.text = raw == "null" ? HoldfastText{nullptr, 0} : textOf(raw);
            return success;
        }
        return malformed;
    }));
    for (const Field<Record> &field : fields) {
        if (field.need == Need::required && (record.*field.text).bytes == nullptr) {
            return {HOLDFAST_JSON_MISSING_KEY, field.key};
        }
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
    HOLDFAST_TRY(readMembers(object, fields, record, 1));
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

/// One of several records, and the text that it was read from.
template <typename Record, size_t count>
HoldfastOutcome readElement(
    ondemand::value value, const Field<Record> (&fields)[count], Record &record, HoldfastText *whole, unsigned depth) {
    const std::string_view token = tokenOf(value);
    if (token != "{") { return {HOLDFAST_JSON_WRONG_TYPE, nullptr}; }
    ondemand::object object;
    HOLDFAST_TRY(outcomeOf(value.get_object().get(object)));
    HOLDFAST_TRY(readMembers(object, fields, record, depth));
    if (whole == nullptr) { return success; }
    std::string_view raw;
    HOLDFAST_TRY(passedSince(token.data(), value, raw));
    *whole = textOf(raw);
    return success;
}

template <typename Record, size_t count>
HoldfastOutcome visitRecords(
    Parser &parser, HoldfastText json, const Field<Record> (&fields)[count], void *context,
    void (*visit)(void *, const Record *), HoldfastText Record::*whole = nullptr) {
    return visitValues(parser, json, [&](ondemand::value value) -> HoldfastOutcome {
        Record record = Record();
        HOLDFAST_TRY(readElement(value, fields, record, whole == nullptr ? nullptr : &(record.*whole), 2));
        visit(context, &record);
        return success;
    });
}

}  // namespace holdfast
