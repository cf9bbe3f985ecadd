using System.Runtime.CompilerServices;
using Nexo.Engine.Store;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>
/// Looks over the frames of a pipeline before they are handled, and has the store fetch what their keys will need.
/// </summary>
internal static class StoreLookAhead
{
    /// <summary>Frames that are looked over together; by then the first ones' lines have come and none has gone again.</summary>
    public const int FramesMax = StoreService.PrefetchMax;

    // With fewer there is too little to overlap.
    private const int FramesMin = 4;

    [SkipLocalsInit]
    public static void Prefetch(StoreService store, ReadOnlySpan<byte> received)
    {
        Span<ulong> hashes = stackalloc ulong[FramesMax];
        int count = 0;
        for (int i = 0; i < FramesMax; i++)
        {
            if (FrameHeader.TryRead(received, int.MaxValue, out FrameHeader header) != FrameStatus.Complete)
            {
                break;
            }

            ReadOnlySpan<byte> body = received[FrameHeader.Size..header.TotalSize];
            if (TryKeyOf(header, body, out ReadOnlySpan<byte> key))
            {
                hashes[count++] = store.HashOf(key);
            }

            received = received[header.TotalSize..];
        }

        if (count >= FramesMin)
        {
            store.Prefetch(hashes[..count]);
        }
    }

    private static bool TryKeyOf(in FrameHeader header, ReadOnlySpan<byte> body, out ReadOnlySpan<byte> key)
    {
        key = body;
        return header.Flags == FrameFlags.None && header.Opcode switch
        {
            Opcode.StoreGet => true,
            Opcode.StoreSet => SetRequest.TryReadPlain(body, out key, out _),
            _ => false,
        };
    }
}
