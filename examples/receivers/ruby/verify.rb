# frozen_string_literal: true

require "openssl"

# Verifies webhooks of Tidegate. Standard library only, Ruby 2.7 and later.
module TidegateWebhooks
  TOLERANCE_SECONDS = 300

  # The request is not from the holder of the secret, or not recent: answer 401.
  class Refused < StandardError; end

  module_function

  # Checks webhook-signature over the raw body and returns the id of the event.
  def verify_standard(secrets, headers, body, now: Time.now.to_i)
    id = headers["webhook-id"].to_s
    sent_at = headers["webhook-timestamp"].to_s
    raise Refused, "id" unless id.match?(/\A[!-\-\/-~]{1,256}\z/)

    check_time(sent_at, now)
    expected = secrets.map do |secret|
      "v1,#{[hmac(decode_key(secret), "#{id}.#{sent_at}.", body)].pack("m0")}"
    end
    check_any(expected, headers["webhook-signature"].to_s.split(" ", -1))
    id
  end

  # Checks a header t=…,v1=… over the raw body. The id of the event is in the body.
  def verify_timestamped(secrets, headers, body, now: Time.now.to_i)
    items = headers["x-tidegate-signature"].to_s.split(",", -1)
    times = items.select { |item| item.start_with?("t=") }.map { |item| item[2..] }
    raise Refused, "timestamp" unless times.length == 1

    check_time(times.first, now)
    raise Refused, "secret" if secrets.any? { |secret| secret.length < 16 }

    expected = secrets.map { |secret| "v1=#{hmac(secret, "#{times.first}.", body).unpack1("H*")}" }
    check_any(expected, items)
  end

  def check_time(text, now)
    is_time = text.match?(/\A(0|[1-9][0-9]{0,11})\z/)
    raise Refused, "timestamp" unless is_time && (now - text.to_i).abs <= TOLERANCE_SECONDS
  end

  def decode_key(secret)
    raise Refused, "secret" unless secret.start_with?("whsec_")

    key = secret.delete_prefix("whsec_").unpack1("m0")
    raise Refused, "secret" unless key.bytesize.between?(24, 64)

    key
  rescue ArgumentError
    raise Refused, "secret"
  end

  def hmac(key, prefix, body)
    OpenSSL::HMAC.digest("SHA256", key, prefix.b + body.b)
  end

  def check_any(expected, given)
    pairs = expected.product(given.first(17))
    is_right = pairs.map { |one, other| OpenSSL.secure_compare(one, other) }.any?
    raise Refused, "signature" unless is_right
  end
end
