namespace Nexo.Storage;

/// <summary>
/// An open file. Every failure is a <see cref="DiskException"/>. Reads may run beside anything; there is one writer.
/// </summary>
public interface IDiskFile : IDisposable
{
    string Path { get; }

    long Length { get; }

    /// <summary>Reads until the buffer is full or the file ends; says how many bytes came.</summary>
    int Read(Span<byte> buffer, long offset);

    /// <summary>Writes all bytes; the file grows as needed. After a failure some may have been written.</summary>
    void Write(ReadOnlySpan<byte> bytes, long offset);

    void SetLength(long length);

    /// <summary>
    /// Makes everything written so far survive a power loss. After a failure nothing may be assumed of what was written
    /// since the last success, and a later success does not heal it: the kernel has marked the lost pages clean.
    /// </summary>
    void Sync();
}
