using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>Values to bytes and back, with one error for what cannot be read.</summary>
internal static class Values
{
    public static void Write<T>(INexoSerializer serializer, FrameBuffer destination, T value) =>
        serializer.Serialize(destination, value);

    /// <exception cref="NexoException">The serializer could not read the bytes.</exception>
    public static T Read<T>(INexoSerializer serializer, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return serializer.Deserialize<T>(bytes);
        }
        catch (Exception error) when (error is not NotSupportedException)
        {
            throw new NexoException(
                ClientErrorCode.ValueUnreadable,
                $"The value of {bytes.Length} bytes could not be read as {typeof(T)}: {error.Message}",
                retryable: false,
                error);
        }
    }

    /// <summary>As <see cref="Read"/>; raw bytes are not copied, because they are the value's own already.</summary>
    public static T ReadOwned<T>(INexoSerializer serializer, ReadOnlyMemory<byte> bytes) =>
        typeof(T) == typeof(ReadOnlyMemory<byte>) ? (T)(object)bytes : Read<T>(serializer, bytes.Span);
}
