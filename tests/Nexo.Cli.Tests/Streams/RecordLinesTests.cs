using System.Text;
using Nexo.Cli.Store.Transfer;
using Nexo.Cli.Streams;
using Nexo.Client;
using Xunit;
using Message = Nexo.Client.StreamMessage<System.ReadOnlyMemory<byte>>;

namespace Nexo.Cli.Tests.Streams;

public sealed class RecordLinesTests
{
    private static readonly StreamRecordOptions Usual = new() { Key = "usual", Timestamp = DateTimeOffset.UnixEpoch };

    [Fact]
    public void A_plain_line_is_a_value_whatever_it_holds()
    {
        byte[] line = [0, 255, 32, 13];
        Message message = new PlainLines(Usual).Parse(line);
        Assert.Equal([0, 255, 32, 13], message.Value.ToArray());
        Assert.Equal(Usual, message.Options);

        // The reader's bytes change.
        line[0] = 7;
        Assert.Equal(0, message.Value.Span[0]);
    }

    [Theory]
    [InlineData("""{"id":7,"customer":"Ada"}""", "Ada")]
    [InlineData("""{"customer":42}""", "42")]
    [InlineData("""{"a":{"customer":"no"},"customer":"a\"b"}""", "a\"b")]
    public void An_object_stays_what_it_is_under_the_text_of_its_field(string line, string key)
    {
        Message message = new KeyedLines("customer", Usual).Parse(Encoding.UTF8.GetBytes($" {line} "));
        Assert.Equal(line, Text(message.Value));
        Assert.Equal((NexoKey)key, message.Options.Key);
        Assert.Equal(Usual.Timestamp, message.Options.Timestamp);
    }

    [Theory]
    [InlineData("""{"other":1}""", "there is no field")]
    [InlineData("""{"customer":[1]}""", "no text and no number")]
    [InlineData("7", "not a JSON object")]
    [InlineData("", "not a JSON object")]
    public void An_object_without_the_field_is_no_record(string line, string reason) =>
        Assert.Contains(reason, Reason(new KeyedLines("customer", Usual), line), StringComparison.Ordinal);

    [Fact]
    public void A_record_is_read_as_it_is_written()
    {
        Message message = Parse(
            """{"stream":"s","offset":9,"timestamp_ms":1893456000000,"key":"k","headers":{"a":"1","b":"x"},"value":"hällo"}""");
        Assert.Equal("hällo", Text(message.Value));
        Assert.Equal((NexoKey)"k", message.Options.Key);
        Assert.Equal(DateTimeOffset.FromUnixTimeMilliseconds(1893456000000), message.Options.Timestamp);
        Assert.Equal([new("a", "1"), new("b", "x")], message.Options.Headers!);
        Assert.False(message.Options.IsTombstone);
    }

    [Fact]
    public void Bytes_are_base64_and_values_that_are_no_text_are_json()
    {
        Message message = Parse("""{"key_base64":"/w==","value_base64":"AP8="}""");
        Assert.Equal([0, 255], message.Value.ToArray());
        Assert.Equal(new NexoKey(new byte[] { 255 }), message.Options.Key);
        Assert.Equal("""{"a": [1]}""", Text(Parse("""{"value":{"a": [1]}}""").Value));
        Assert.Equal("42", Text(Parse("""{"value":42}""").Value));
        Assert.Equal("", Text(Parse("""{"value":""}""").Value));
    }

    [Fact]
    public void A_tombstone_has_a_key_and_no_value()
    {
        Message message = Parse("""{"key":"k","tombstone":true}""");
        Assert.True(message.Options.IsTombstone);
        Assert.Equal(0, message.Value.Length);
        Assert.Equal((NexoKey)"usual", Parse("""{"tombstone":true}""").Options.Key);
        Assert.Contains("needs a key", Reason(new JsonLines(default, true), """{"tombstone":true}"""), StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_line_does_not_say_is_as_for_all_and_times_may_be_left_out()
    {
        Message message = Parse("""{"value":"v"}""");
        Assert.Equal(Usual, message.Options);
        Message untimed = new JsonLines(Usual with { Timestamp = null }, withTimes: false)
            .Parse("""{"value":"v","timestamp_ms":5}"""u8);
        Assert.Null(untimed.Options.Timestamp);
    }

    [Theory]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{", "not a JSON object")]
    [InlineData("""{"value":"a"} {}""", "not a JSON object")]
    [InlineData("""{"key":"k"}""", "there is no \"value\"")]
    [InlineData("""{"value":"a","tombstone":true}""", "a tombstone has no value")]
    [InlineData("""{"value":"a","key":7}""", "\"key\" is not a string")]
    [InlineData("""{"value_base64":"?"}""", "base64")]
    [InlineData("""{"value_base64":7}""", "base64")]
    [InlineData("""{"value":"a","headers":[]}""", "\"headers\" is not an object")]
    [InlineData("""{"value":"a","headers":{"A":"x"}}""", "no capitals")]
    [InlineData("""{"value":"a","headers":{"":"x"}}""", "1 to 255 bytes")]
    [InlineData("""{"value":"a","headers":{"a":1}}""", "\"a\" is not a string")]
    [InlineData("""{"value":"a","timestamp_ms":"soon"}""", "not a time")]
    [InlineData("""{"value":"a","timestamp_ms":9223372036854775807}""", "not a time")]
    [InlineData("""{"value":"a","tombstone":1}""", "not true or false")]
    [InlineData("""{"value":"a","extra":1}""", "unknown property 'extra'")]
    [InlineData("""{"value":"\ud800"}""", "surrogate")]
    public void What_is_no_record_is_told_with_its_reason(string line, string reason) =>
        Assert.Contains(reason, Reason(new JsonLines(Usual, withTimes: true), line), StringComparison.Ordinal);

    [Fact]
    public void Headers_beyond_what_a_record_holds_are_told()
    {
        string line = $$$"""{"value":"a","headers":{"a":"{{{new string('x', 70_000)}}}"}}""";
        Assert.Contains("65,535", Reason(new JsonLines(Usual, withTimes: true), line), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_no_text_are_no_json() => Assert.Contains(
        "not UTF-8",
        Assert.Throws<BadRecordException>(() => new JsonLines(Usual, withTimes: true).Parse([123, 255])).Message,
        StringComparison.Ordinal);

    private static Message Parse(string line) =>
        new JsonLines(Usual with { Headers = null }, withTimes: true).Parse(Encoding.UTF8.GetBytes(line));

    private static string Reason(IRecordLines lines, string line) =>
        Assert.Throws<BadRecordException>(() => lines.Parse(Encoding.UTF8.GetBytes(line))).Message;

    private static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);
}
