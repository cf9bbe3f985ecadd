using System.Buffers;
using System.Text;
using System.Text.Json.Serialization;
using CsCheck;

namespace Nexo.Client.Tests;

public sealed record Person(string Name, int Age);

[JsonSerializable(typeof(Person))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
public sealed partial class PersonJson : JsonSerializerContext;

public sealed class SerializerTests
{
    private static readonly NexoJsonSerializer Plain = new();

    [Fact]
    public void Every_built_in_type_comes_back_as_it_went()
    {
        Gen.Long.Sample(value => Assert.Equal(value, Trip(value)));
        Gen.Int.Sample(value => Assert.Equal(value, Trip(value)));
        Gen.ULong.Sample(value => Assert.Equal(value, Trip(value)));
        Gen.UInt.Sample(value => Assert.Equal(value, Trip(value)));
        Gen.Double.Sample(value => Assert.Equal(value, Trip(value)));
        Gen.Decimal.Sample(value => Assert.Equal(value, Trip(value)));
        Gen.Guid.Sample(value => Assert.Equal(value, Trip(value)));
        Gen.DateTimeOffset.Sample(value => Assert.Equal(value, Trip(value)));
        Gen.Bool.Sample(value => Assert.Equal(value, Trip(value)));
        Gen.Byte.Array.Sample(value => Assert.Equal(value, Trip(value)));
        Gen.Byte.Array.Sample(value => Assert.Equal(value, Trip<ReadOnlyMemory<byte>>(value).ToArray()));
        Gen.Byte.Array.Sample(value => Assert.Equal(value, Trip<Memory<byte>>(value).ToArray()));
        Assert.Equal("grüße 🚀", Trip("grüße 🚀"));
    }

    [Fact]
    public void A_number_is_stored_as_the_text_that_increment_counts_on_from()
    {
        Assert.Equal("5", Text(5L));
        Assert.Equal("-9223372036854775808", Text(long.MinValue));
        Assert.Equal("true", Text(true));
        Assert.Equal("1.5", Text(1.5));
        Assert.Equal("hello", Text("hello"));
    }

    [Fact]
    public void A_type_of_a_registered_context_is_json_with_the_contexts_own_options()
    {
        var serializer = new NexoJsonSerializer(PersonJson.Default);
        var buffer = new ArrayBufferWriter<byte>();
        serializer.Serialize(buffer, new Person("Ann", 7));
        Assert.Equal("{\"name\":\"Ann\",\"age\":7}", Encoding.UTF8.GetString(buffer.WrittenSpan));
        Assert.Equal(new Person("Ann", 7), serializer.Deserialize<Person>(buffer.WrittenSpan));
    }

    [Fact]
    public void A_type_that_nobody_registered_says_what_to_register()
    {
        NotSupportedException error = Assert.Throws<NotSupportedException>(() => Text(new Person("Ann", 7)));
        Assert.Contains("[JsonSerializable(typeof(Person))]", error.Message, StringComparison.Ordinal);
        Assert.Contains("NexoJsonSerializer(MyContext.Default)", error.Message, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => Plain.Deserialize<Person>("{}"u8));
    }

    [Theory]
    [InlineData("twelve")]
    [InlineData("")]
    [InlineData("9223372036854775808")]
    [InlineData("1 ")]
    public async Task A_value_of_another_type_is_a_typed_error_and_the_connection_lives(string stored)
    {
        await using var server = new FakeServer();
        (NexoClient client, FakePeer peer) = await server.ConnectAsync();
        await using NexoClient owned = client;
        Task<long> call = client.Store.GetAsync<long>("k").AsTask();
        await peer.ReplyAsync(await peer.ReadAsync(), Bodies.Value(stored));
        NexoException error = await Assert.ThrowsAsync<NexoException>(() => call.WaitAsync(Patience.Limit));
        Assert.Equal(ClientErrorCode.ValueUnreadable, error.Code);
        Task<string?> next = client.Store.GetAsync<string>("k").AsTask();
        await peer.ReplyAsync(await peer.ReadAsync(), Bodies.Value(stored));
        Assert.Equal(stored, await next.WaitAsync(Patience.Limit));
    }

    [Fact]
    public void Keys_of_text_and_of_bytes_are_the_same_when_their_bytes_are()
    {
        NexoKey text = "schlüssel";
        NexoKey bytes = Encoding.UTF8.GetBytes("schlüssel");
        Assert.Equal(text, bytes);
        Assert.Equal(text.GetHashCode(), bytes.GetHashCode());
        Assert.NotEqual(text, (NexoKey)"schluessel");
        Assert.Equal(10, text.ByteCount);
        Assert.Equal("schlüssel", bytes.ToString());
        Assert.True(NexoKey.Empty.IsEmpty);
        string longText = new('ü', 200);
        Assert.Equal(Encoding.UTF8.GetBytes(longText), new NexoKey(longText).Encode(new byte[256]).ToArray());
    }

    [Theory]
    [InlineData("nexo://host", "host", 7654, null)]
    [InlineData("nexo://host:1", "host", 1, null)]
    [InlineData("nexo://[::1]:99", "::1", 99, null)]
    [InlineData("nexo+unix:///run/nexo.sock", null, 7654, "/run/nexo.sock")]
    [InlineData("nexo+unix:///tmp/a%20b.sock?token=x", null, 7654, "/tmp/a b.sock")]
    public void Urls_that_are_understood(string url, string? host, int port, string? path)
    {
        NexoUrl parsed = NexoUrl.Parse(url);
        Assert.Equal((host, port, path), (parsed.Host, parsed.Port, parsed.SocketPath));
    }

    [Theory]
    [InlineData("localhost:7654")]
    [InlineData("http://host")]
    [InlineData("nexo://")]
    [InlineData("nexo://host/path")]
    [InlineData("nexo+unix://")]
    [InlineData("nexo://u:secret@host?tokn=secret")]
    [InlineData("nexo://u:secret@host/x")]
    public void Urls_that_are_not_say_what_would_be_right_and_keep_the_password(string url)
    {
        ArgumentException error = Assert.Throws<ArgumentException>(() => new NexoClient(new() { Url = url }));
        Assert.Contains("nexo://[user:password@]host[:port]", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_do_not_print_their_secrets_and_impossible_ones_are_named()
    {
        var options = new NexoClientOptions { Url = "nexo://u:secret@h", Password = "secret", Token = "secret" };
        Assert.DoesNotContain("secret", options.ToString(), StringComparison.Ordinal);
        ArgumentException error = Assert.ThrowsAny<ArgumentException>(
            () => new NexoClient(new() { RequestTimeout = TimeSpan.Zero }));
        Assert.Equal("RequestTimeout", error.ParamName);
    }

    private static T Trip<T>(T value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Plain.Serialize(buffer, value);
        return Plain.Deserialize<T>(buffer.WrittenSpan);
    }

    private static string Text<T>(T value)
    {
        var buffer = new ArrayBufferWriter<byte>();
        Plain.Serialize(buffer, value);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
