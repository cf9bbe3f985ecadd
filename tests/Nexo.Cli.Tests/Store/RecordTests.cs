using System.Text;
using System.Text.Json;
using CsCheck;
using Nexo.Cli.Store.Transfer;
using Xunit;

namespace Nexo.Cli.Tests.Store;

public sealed class RecordTests
{
    private static readonly Gen<byte[]> Bytes = Gen.OneOf(
        Gen.Byte.Array[0, 40],
        Gen.String[0, 20].Select(text => Encoding.UTF8.GetBytes(text)));

    private static readonly Gen<StoreRecord> Records =
        Gen.Select(
            Bytes,
            Bytes,
            Gen.Select(Bytes, Bytes, (field, value) => new KeyValuePair<byte[], byte[]>(field, value)).Array[0, 5],
            Gen.Long.Nullable(),
            (key, value, hash, expires) => hash.Length == 0
                ? new StoreRecord(key, value) { ExpiresAtMs = expires }
                : new StoreRecord(key, []) { Hash = hash, ExpiresAtMs = expires });

    [Fact]
    public void What_dump_writes_load_reads_back_exactly() =>
        Records.Sample(record =>
        {
            StoreRecord back = new RecordParser().Parse(Write(record));
            Assert.Equal(record.Key, back.Key);
            Assert.Equal(record.Value, back.Value);
            Assert.Equal(record.ExpiresAtMs, back.ExpiresAtMs);
            Assert.Equal(record.Hash?.Select(pair => pair.Key), back.Hash?.Select(pair => pair.Key));
            Assert.Equal(record.Hash?.Select(pair => pair.Value), back.Hash?.Select(pair => pair.Value));
        });

    [Fact]
    public void Garbage_is_refused_with_a_reason_and_nothing_else() =>
        Gen.OneOf(Gen.Byte.Array, Records.Select(Write).SelectMany(Damage)).Sample(line =>
        {
            foreach (string? field in new[] { null, "key" })
            {
                try
                {
                    new RecordParser(field).Parse(line);
                }
                catch (BadRecordException refused)
                {
                    Assert.NotEmpty(refused.Message);
                }
            }
        });

    [Theory]
    [InlineData("", "not a JSON object")]
    [InlineData("hello", "not a JSON object")]
    [InlineData("[1]", "not a JSON object")]
    [InlineData("{\"key\":\"a\",\"value\":\"b\"", "not a JSON object")]
    [InlineData("{\"key\":\"a\",\"value\":\"b\"} x", "not a JSON object")]
    [InlineData("{\"value\":\"b\"}", "no \"key\"")]
    [InlineData("{\"key\":1,\"value\":\"b\"}", "\"key\" is not a string")]
    [InlineData("{\"key\":\"a\"}", "either \"value\"")]
    [InlineData("{\"key\":\"a\",\"value\":\"b\",\"hash\":{\"f\":\"v\"}}", "either \"value\"")]
    [InlineData("{\"key\":\"a\",\"value\":null}", "null")]
    [InlineData("{\"key\":\"a\",\"value_base64\":\"%%\"}", "base64")]
    [InlineData("{\"key\":\"a\",\"hash\":{}}", "never empty")]
    [InlineData("{\"key\":\"a\",\"hash\":{\"f\":1}}", "not a string")]
    [InlineData("{\"key\":\"a\",\"hash_base64\":{\"%\":\"\"}}", "base64")]
    [InlineData("{\"key\":\"a\",\"value\":\"b\",\"ttl_ms\":0}", "ttl_ms")]
    [InlineData("{\"key\":\"a\",\"value\":\"b\",\"ttl_ms\":1.5}", "ttl_ms")]
    [InlineData("{\"key\":\"a\",\"value\":\"b\",\"ttl_ms\":1,\"expires_at_ms\":1}", "either \"ttl_ms\"")]
    [InlineData("{\"key\":\"a\",\"value\":\"b\",\"colour\":1}", "--key-field")]
    [InlineData("{\"key\":\"\\ud800\",\"value\":\"b\"}", "surrogate")]
    public void A_bad_line_is_told_what_is_wrong_with_it(string line, string reason)
    {
        BadRecordException refused =
            Assert.Throws<BadRecordException>(() => new RecordParser().Parse(Encoding.UTF8.GetBytes(line)));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_that_is_no_string_is_stored_as_its_json()
    {
        StoreRecord record = new RecordParser().Parse("{\"key\":\"a\",\"value\": {\"x\": [1, 2]} , \"ttl_ms\":5}"u8);
        Assert.Equal("{\"x\": [1, 2]}"u8, record.Value);
        Assert.Equal(5, record.TtlMs);
    }

    [Fact]
    public void With_a_key_field_the_object_is_stored_as_it_stands()
    {
        StoreRecord record = new RecordParser("id", "p:"u8.ToArray()).Parse(" {\"x\": {\"id\": 1}, \"id\": 7}\r"u8);
        Assert.Equal("p:7"u8, record.Key);
        Assert.Equal("{\"x\": {\"id\": 1}, \"id\": 7}"u8, record.Value);
    }

    [Theory]
    [InlineData("{\"name\":1}", "no field \"id\"")]
    [InlineData("{\"id\":{}}", "no text")]
    [InlineData("{\"id\":null}", "no text")]
    public void Without_a_usable_key_field_the_line_is_bad(string line, string reason)
    {
        BadRecordException refused =
            Assert.Throws<BadRecordException>(() => new RecordParser("id").Parse(Encoding.UTF8.GetBytes(line)));
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    private static Gen<byte[]> Damage(byte[] line) =>
        Gen.Select(Gen.Int[0, line.Length - 1], Gen.Byte, (at, value) =>
        {
            byte[] damaged = [.. line];
            damaged[at] = value;
            return damaged;
        });

    private static byte[] Write(StoreRecord record)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            RecordWriter.Write(json, record);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}
