using Microsoft.Extensions.DependencyInjection;
using Nexo.Engine;
using Nexo.Engine.Sessions;

namespace Nexo.Server.Mqtt.Sessions;

/// <summary>What sessions of MQTT need from the container.</summary>
internal static class SessionServices
{
    private const int MsPerSecond = 1_000;

    public static void AddSessions(this IServiceCollection services, NexoServerOptions options)
    {
        services.AddSingleton(provider => new SessionService(LimitsOf(options), provider.GetRequiredService<EngineClock>()));
        services.AddSingleton<MqttSessions>();
    }

    private static SessionLimits LimitsOf(NexoServerOptions options)
    {
        MqttOptions mqtt = options.Mqtt;
        return new SessionLimits
        {
            SessionsMax = mqtt.SessionsMax,
            ClientIdBytesMax = ushort.MaxValue,
            SubscriptionsPerSessionMax = options.Topics.FiltersPerConnectionMax,
            MessagesPerSessionMax = mqtt.SessionMessagesMax,
            BytesPerSessionMax = mqtt.SessionBytesMax,
            BytesMax = mqtt.SessionsBytesMax,
            WhenFull = mqtt.SessionWhenFull == MqttWhenFull.DropNewest ? SessionWhenFull.DropNewest : SessionWhenFull.DropOldest,
            ExpirySecondsMax = mqtt.SessionExpiryMaxMs == 0
                ? SessionLimits.Never
                : (uint)Math.Max(1, mqtt.SessionExpiryMaxMs / MsPerSecond),
            Durability = options.EffectiveMqttDurability switch
            {
                MqttDurability.Memory => SessionDurability.Memory,
                MqttDurability.Interval => SessionDurability.Interval,
                _ => SessionDurability.Fsync,
            },
        };
    }
}
