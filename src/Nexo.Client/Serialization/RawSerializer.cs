using System.Buffers;

namespace Nexo.Client;

/// <summary>The serializer behind the raw methods: bytes as they are.</summary>
internal sealed class RawSerializer : INexoSerializer
{
    public static readonly RawSerializer Instance = new();

    public void Serialize<T>(IBufferWriter<byte> destination, T value)
    {
        if (!BuiltInValues.TryWrite(destination, value))
        {
            throw new NotSupportedException($"Raw values are bytes, not {typeof(T)}.");
        }
    }

    public T Deserialize<T>(ReadOnlySpan<byte> source) => BuiltInValues.TryRead(source, out T? value)
        ? value!
        : throw new NotSupportedException($"Raw values are bytes, not {typeof(T)}.");
}
