using System.Buffers;

namespace Nexo.Client;

/// <summary>Turns values into bytes and back. Must be thread-safe.</summary>
public interface INexoSerializer
{
    /// <summary>Writes <paramref name="value"/> to <paramref name="destination"/>.</summary>
    void Serialize<T>(IBufferWriter<byte> destination, T value);

    /// <summary>Reads a value from all of <paramref name="source"/>, which is only valid during the call.</summary>
    T Deserialize<T>(ReadOnlySpan<byte> source);
}
