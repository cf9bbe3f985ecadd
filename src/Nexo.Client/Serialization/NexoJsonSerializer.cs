using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Nexo.Client;

/// <summary>
/// The default serializer: JSON, from source-generated contexts only, so it works in trimmed and AOT-compiled
/// programs.
/// Without any context it takes <see cref="string"/> (as plain UTF-8), <c>byte[]</c>, <see cref="ReadOnlyMemory{T}"/>
/// and
/// <see cref="Memory{T}"/> of bytes (as they are), and <see cref="bool"/>, <see cref="int"/>, <see cref="uint"/>,
/// <see cref="long"/>, <see cref="ulong"/>, <see cref="double"/>, <see cref="decimal"/>, <see cref="Guid"/> and
/// <see cref="DateTimeOffset"/> (as invariant text): so a stored number is one that INCREMENT understands.
/// </summary>
public sealed class NexoJsonSerializer : INexoSerializer
{
    private readonly JsonSerializerOptions[] _options;

    /// <summary>Creates a serializer for the built-in types and those that the contexts declare; the first context
    /// that knows a type is used for it, with its own options.</summary>
    public NexoJsonSerializer(params JsonSerializerContext[] contexts)
    {
        ArgumentNullException.ThrowIfNull(contexts);
        _options = [.. contexts.Select(context => context.Options)];
    }

    /// <summary>Creates a serializer for the built-in types and those that the resolver knows.</summary>
    public NexoJsonSerializer(IJsonTypeInfoResolver resolver)
        : this(new JsonSerializerOptions { TypeInfoResolver = resolver })
    {
    }

    /// <summary>Creates a serializer for the built-in types and those that the options' resolver knows.</summary>
    public NexoJsonSerializer(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = [options];
    }

    /// <inheritdoc/>
    public void Serialize<T>(IBufferWriter<byte> destination, T value)
    {
        if (BuiltInValues.TryWrite(destination, value))
        {
            return;
        }

        JsonTypeInfo<T> info = Find<T>();
        using var writer = new Utf8JsonWriter(destination, new JsonWriterOptions { Encoder = info.Options.Encoder });
        JsonSerializer.Serialize(writer, value, info);
    }

    /// <inheritdoc/>
    public T Deserialize<T>(ReadOnlySpan<byte> source) => BuiltInValues.TryRead(source, out T? value)
        ? value!
        : JsonSerializer.Deserialize(source, Find<T>())!;

    private JsonTypeInfo<T> Find<T>()
    {
        foreach (JsonSerializerOptions options in _options)
        {
            if (options.TryGetTypeInfo(typeof(T), out JsonTypeInfo? info))
            {
                return (JsonTypeInfo<T>)info;
            }
        }

        string name = typeof(T).Name;
        throw new NotSupportedException(
            $"No JSON context knows {typeof(T)}. Declare one, `[JsonSerializable(typeof({name}))] partial class "
            + "MyContext : JsonSerializerContext;`, and register it: `Serializer = new NexoJsonSerializer("
            + "MyContext.Default)` in NexoClientOptions. Or use the raw methods, such as GetBytesAsync.");
    }
}
