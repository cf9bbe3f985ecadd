using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Nexo.Server.Mqtt;
using Nexo.Server.Native;
using Nexo.Server.Resp;
using Nexo.Server.Settings;
using Nexo.Server.Tls;
using Nexo.Server.Transport;

namespace Nexo.Server.Hosting;

/// <summary>The sockets that the server listens on.</summary>
internal sealed class Listeners(NexoServerOptions options)
{
    private const int HttpRequestBytesMax = 16 * 1_024;
    private const double HttpBytesPerSecondMin = 240;
    private const int HttpPatienceMsMin = 2_000;

    private readonly NetworkOptions _network = options.Network;
    private ListenOptions? _native;
    private ListenOptions? _http;
    private ListenOptions? _resp;
    private ListenOptions? _mqtt;
    private TlsGate? _gate;

    /// <summary>Right once the server has started.</summary>
    public ServerAddresses Addresses => new(
        $"{Scheme("nexo")}://{_native!.IPEndPoint}",
        _http is null ? null : $"{Scheme("http")}://{_http.IPEndPoint}",
        _network.UnixSocket is null ? null : $"nexo+unix://{Path.GetFullPath(_network.UnixSocket)}")
    {
        Resp = _resp is null ? null : $"{Scheme("redis")}://{_resp.IPEndPoint}",
        Mqtt = _mqtt is null ? null : $"{Scheme("mqtt")}://{_mqtt.IPEndPoint}",
    };

    /// <summary>Where the native port listens, right once the server has started.</summary>
    public IPEndPoint Native => _native!.IPEndPoint!;

    public void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestLineSize = HttpRequestBytesMax;
        kestrel.Limits.MaxRequestHeadersTotalSize = HttpRequestBytesMax;

        // Routes that take a body set their own.
        kestrel.Limits.MaxRequestBodySize = 0;

        // A client that sends or reads slower than this is cut, but for the time that slow ones have on other ports too.
        var patience = TimeSpan.FromMilliseconds(Math.Max(options.Connections.SendStallMs, HttpPatienceMsMin));
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(HttpBytesPerSecondMin, patience);
        kestrel.Limits.MinResponseDataRate = new MinDataRate(HttpBytesPerSecondMin, patience);
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(75);

        _gate = options.Tls.IsOn ? kestrel.ApplicationServices.GetRequiredService<TlsGate>() : null;
        var address = BindAddress.Resolve(_network.Bind);
        kestrel.Listen(new NativeEndPoint(address, _network.Port), listen => _native = UseNative(Guard(listen, PlainRefusals.Native)));
        if (_network.UnixSocket is not null)
        {
            kestrel.ListenUnixSocket(Path.GetFullPath(_network.UnixSocket), listen => UseNative(listen));
        }

        if (options.Resp.Port != NetworkOptions.PortOff)
        {
            kestrel.Listen(new NativeEndPoint(address, options.Resp.Port), listen => _resp = UseResp(Guard(listen, PlainRefusals.Resp)));
        }

        if (options.Mqtt.Port != NetworkOptions.PortOff)
        {
            kestrel.Listen(new NativeEndPoint(address, options.Mqtt.Port), listen => _mqtt = UseMqtt(Guard(listen, PlainRefusals.Mqtt)));
        }

        if (_network.HttpPort != NetworkOptions.HttpOff)
        {
            kestrel.Listen(address, _network.HttpPort, listen => _http = UseHttp(listen));
        }
    }

    private static ListenOptions UseNative(ListenOptions listen)
    {
        listen.UseConnectionHandler<NativeConnectionHandler>();
        return listen;
    }

    private static ListenOptions UseResp(ListenOptions listen)
    {
        listen.UseConnectionHandler<RespConnectionHandler>();
        return listen;
    }

    private static ListenOptions UseMqtt(ListenOptions listen)
    {
        listen.UseConnectionHandler<MqttConnectionHandler>();
        return listen;
    }

    private ListenOptions UseHttp(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1;

        // Kestrel's own limit counts those of the other ports too, which have theirs.
        EventLoops loops = listen.ApplicationServices.GetRequiredService<EventLoops>();
        int open = 0;
        listen.Use(next => async connection =>
        {
            int beyond = Interlocked.Increment(ref open) - DescriptorLimit.Shares.Http;
            bool isBeyond = beyond > 0;
            try
            {
                if (isBeyond)
                {
                    loops.CountOther(1);
                }

                // MQTT over WebSocket takes of what the other ports have.
                if (!isBeyond || (options.Mqtt.WebSocket && beyond <= options.Connections.ConnectionsMax
                    && loops.Count + loops.Others <= DescriptorLimit.Shares.Connections))
                {
                    await next(connection);
                }
            }
            finally
            {
                Interlocked.Decrement(ref open);
                if (isBeyond)
                {
                    loops.CountOther(-1);
                }
            }
        });
        return Guard(listen, PlainRefusals.Http);
    }

    // Whoever can open the unix socket is the server's own user: there is nobody to hide from.
    private ListenOptions Guard(ListenOptions listen, Func<ReadOnlyMemory<byte>> refusal)
    {
        if (_gate is { } gate)
        {
            listen.Use(next => gate.Guard(next, refusal));
        }

        return listen;
    }

    private string Scheme(string plain) => options.Tls.EffectiveMode == TlsMode.Require ? $"{plain}s" : plain;
}
